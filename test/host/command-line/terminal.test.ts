// What is drawn on a terminal and what is written elsewhere.
import { expect, test } from 'vitest';
import { PinholeError } from '../../../src-main/contract/errors.ts';
import { Terminal } from '../../../src-main/host/command-line/terminal.ts';
import { formatDuration } from '../../../src-main/host/command-line/words.ts';

function makeTerminal(options: { isTTY?: boolean; variables?: Record<string, string>; columns?: number } = {}) {
  const printed = { output: '', errors: '' };
  const clock = { now: 0 };
  const terminal = new Terminal({
    output: { write: (text) => (printed.output += text) },
    errors: {
      write: (text) => (printed.errors += text),
      isTTY: options.isTTY ?? false,
      columns: options.columns ?? 100,
    },
    json: false,
    variables: options.variables ?? {},
    now: () => clock.now,
  });
  const train = (done: number) =>
    terminal.progress({ stage: 'train', done, total: 2350, rate: 210, detail: 'loss 0.0041' });
  return { terminal, printed, clock, train };
}

test('a bar shows count, share, rate, time left and detail, and is wiped before other words', () => {
  const { terminal, printed, train } = makeTerminal({ isTTY: true });
  train(1175);
  terminal.say('Done.');
  expect(printed.errors).toBe(
    '\r████████████░░░░░░░░░░░░ Training 1,175 of 2,350 steps (50 %), 210/s, 5.6 s left, loss 0.0041\u001b[K\r\u001b[K',
  );
  expect(printed.output).toBe('Done.\n');
});

test('on a narrow terminal the line never wraps', () => {
  const unknown = makeTerminal({ isTTY: true, columns: 0 });
  unknown.train(1);
  expect(unknown.printed.errors).toContain('s left');
  const { printed, train } = makeTerminal({ isTTY: true, columns: 40 });
  train(1);
  expect(printed.errors).toBe('\rTraining 1 of 2,350 steps (0 %)\u001b[K');
  const wider = makeTerminal({ isTTY: true, columns: 60 });
  wider.train(1);
  expect(wider.printed.errors).toBe('\rTraining 1 of 2,350 steps (0 %), 11 s left, loss 0.0041\u001b[K');
  const tiny = makeTerminal({ isTTY: true, columns: 20 });
  tiny.train(1);
  expect(tiny.printed.errors).toBe('\rTraining 1 of 2,350\u001b[K');
});

test('a bar is drawn ten times a second at most', () => {
  const { printed, clock, train } = makeTerminal({ isTTY: true });
  for (let done = 1; done <= 100; done++, clock.now += 10) train(done);
  expect(printed.errors.match(/\r/g)).toHaveLength(10);
});

test('elsewhere there is a plain line at the start, every ten seconds, and at the end', () => {
  const { printed, clock, train } = makeTerminal();
  for (let done = 0; done <= 2350; done += 10, clock.now += 100) train(done);
  const lines = printed.errors.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe('Training 0 of 2,350 steps (0 %), 210/s, 11 s left, loss 0.0041');
  expect(lines[3]).toBe('Training 2,350 of 2,350 steps (100 %), 210/s, loss 0.0041');
  expect(printed.errors).not.toContain('\u001b');
});

test('a stage that ends twice is announced once', () => {
  const { printed, clock, train } = makeTerminal();
  for (let time = 0; time < 5; time++, clock.now += 20_000) train(2350);
  expect(printed.errors.match(/\n/g)).toHaveLength(1);
});

test('a stage of unknown length says how far it is', () => {
  const { terminal, printed } = makeTerminal();
  terminal.progress({ stage: 'scan', done: 1234, total: null, rate: 0 });
  expect(printed.errors).toBe('Looking for images 1,234 files\n');
});

test('colours only on a terminal, and not where NO_COLOR is set', () => {
  const warn = (options: Parameters<typeof makeTerminal>[0]) => {
    const { terminal, printed } = makeTerminal(options);
    terminal.notice({ level: 'warning', message: 'Careful.', advice: 'Slow down.' });
    return printed.errors;
  };
  expect(warn({ isTTY: true })).toBe('\u001b[33mWarning:\u001b[39m Careful. Slow down.\n');
  expect(warn({ isTTY: true, variables: { NO_COLOR: '1' } })).toBe('Warning: Careful. Slow down.\n');
  expect(warn({})).toBe('Warning: Careful. Slow down.\n');
});

test('a stack only for our own bugs, or when asked for', () => {
  const fail = (error: PinholeError, variables = {}) => {
    const { terminal, printed } = makeTerminal({ variables });
    terminal.error(error);
    return printed.errors;
  };
  const expected = new PinholeError('disk-full', 'Full.', 'Free some.');
  expect(fail(expected)).toBe('Error: Full.\nFree some.\n');
  expect(fail(expected, { PINHOLE_DEBUG: '1' })).toContain('terminal.test.ts');
  expect(fail(PinholeError.from(new Error('oops')))).toContain('terminal.test.ts');
});

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [3599.7, '1 h 00 min'],
  [7800, '2 h 10 min'],
])('%f seconds are %s', (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});
