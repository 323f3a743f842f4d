import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Peers, runRow } from './harness.ts';
import { type Command, startPeer } from './peer.ts';
import type { Contender, PeerName, Row } from './rows.ts';

function fake(behaviour: string, rate = 100): Command {
  const script = join(import.meta.dirname, 'peers/fake-peer.ts');
  return [process.execPath, '--disable-warning=ExperimentalWarning', script, behaviour, String(rate)];
}

function peersOf(commands: Partial<Record<PeerName, Command>>): Peers {
  const peers = new Peers(commands as Record<PeerName, Command>);
  onTestFinished(() => peers.close());
  return peers;
}

function contender(peer: PeerName): Contender {
  return { name: peer, group: peer, peer, request: { task: 'measure' } };
}

function row(...peers: PeerName[]): Row {
  const floors = [{ against: 'PyTorch', atLeast: 2 }];
  return { id: 'row', title: 'Row', unit: 'images/s', contenders: peers.map(contender), floors };
}

test('contenders take turns, the warm-up round does not count, and the ratio stands beside its floor', async () => {
  const peers = peersOf({ Pinhole: fake('steady', 300), PyTorch: fake('steady', 100) });
  const said: string[] = [];
  const result = await runRow(row('Pinhole', 'PyTorch'), peers, 3, (line) => said.push(line));
  expect(said).toEqual(['Row: warming up', 'Row: round 1 of 3', 'Row: round 2 of 3', 'Row: round 3 of 3']);
  expect(result.contenders.map(({ name, rates }) => [name, rates])).toEqual([
    ['Pinhole', [300, 300, 300]],
    ['PyTorch', [100, 100, 100]],
  ]);
  expect(result.ratios).toMatchObject([{ contender: 'PyTorch', ratio: { median: 3 }, met: true }]);
  expect(await peers.versions()).toEqual({ Fake: '100' });
});

test('a peer whose module is missing is named with the package that brings it', async () => {
  const peers = peersOf({ Pinhole: fake('steady'), PyTorch: fake('absent') });
  const result = await runRow(row('Pinhole', 'PyTorch'), peers, 2, () => {});
  expect(result.contenders[1]).toEqual({
    name: 'PyTorch',
    group: 'PyTorch',
    rates: [],
    absent: 'torch is not installed (Debian: python3-torch, with libopenblas0 for speed)',
  });
  expect(result.ratios).toEqual([]);
});

test('what writes a file also has a rate in bytes', async () => {
  const peers = peersOf({ Pinhole: fake('writing') });
  const result = await runRow(row('Pinhole'), peers, 2, () => {});
  expect(result.contenders[0]!.megabytesPerSecond).toBe(5);
});

test('a row without its data is skipped with the reason, and nothing is started', async () => {
  const peers = peersOf({});
  const skipped = { ...row('Pinhole'), skipped: 'the photographs are not in ../shared/data' };
  const result = await runRow(skipped, peers, 2, () => {});
  expect(result).toMatchObject({ skipped: skipped.skipped, contenders: [], ratios: [] });
});

test('a contender that fails is reported, and the others are measured all the same', async () => {
  const peers = peersOf({ Pinhole: fake('steady'), PyTorch: fake('failing') });
  const result = await runRow(row('Pinhole', 'PyTorch'), peers, 2, () => {});
  expect(result.contenders[0]!.rates).toEqual([100, 100]);
  expect(result.contenders[1]).toMatchObject({ rates: [], failed: expect.stringContaining('out of memory') });
  expect(result.ratios).toEqual([]);
});

test('a peer that ends before it is ready is reported with its last words', async () => {
  await expect(startPeer(fake('broken'))).rejects.toThrow('the library is older than this program');
});

test('a command that does not exist is reported', async () => {
  await expect(startPeer(['/does/not/exist'])).rejects.toThrow('ENOENT');
});

test('a machine without Python has no Python peers', async () => {
  expect(await startPeer('pinhole-has-no-such-program peer.py')).toEqual({ absent: 'python3' });
});
