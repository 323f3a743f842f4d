// All checks in one command: types, lint and format, tests. Ends with what was skipped and why, and the counts.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startVitest, type TestCase, type TestModule, type Vitest } from 'vitest/node';
import { ensureRenderer } from '../src-main/host/build-renderer.ts';
import { missingResource, repository } from './support/resources.ts';

/** What one phase found. A skip's reason names the missing resource. */
interface Tally {
  passed: number;
  failed: number;
  skipped: string[];
}

const arguments_ = process.argv.slice(2);
const phases: (() => Promise<Tally>)[] = [checkTypes, checkWindowTypes, checkStyle];
if (!arguments_.includes('--static')) phases.push(runTests);

process.chdir(repository);
const total: Tally = { passed: 0, failed: 0, skipped: [] };
for (const phase of phases) {
  const { passed, failed, skipped } = await phase();
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
}
console.log(summarizeSkips(total.skipped));
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

function checkTypes(): Promise<Tally> {
  return runTool('types', 'typescript/bin/tsc', '--pretty');
}

function checkWindowTypes(): Promise<Tally> {
  const options = ['--tsconfig', 'src-renderer/tsconfig.json', '--fail-on-warnings', '--output', 'human'];
  return runTool('types of the window', 'svelte-check/bin/svelte-check', ...options);
}

function checkStyle(): Promise<Tally> {
  return runTool('lint and format', '@biomejs/biome/bin/biome', 'ci', '--colors=off', '.');
}

/** Runs a development tool of this project; it counts as one test that passes when the tool is content. */
async function runTool(name: string, script: string, ...options: string[]): Promise<Tally> {
  console.log(`— ${name}`);
  const started = performance.now();
  const tool = spawn(process.execPath, [join('node_modules', script), ...options], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve) => tool.once('close', resolve));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(code === 0 ? `${name}: ok, ${seconds} s` : `${name}: failed, ${seconds} s`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
}

/** Runs the tests whose path contains one of the arguments; all of them where there is none. */
async function runTests(): Promise<Tally> {
  console.log('— tests');
  // Once, before tests in several processes find it missing at the same time.
  await ensureRenderer(console.log);
  const vitest = await startVitest('test', arguments_, { watch: false });
  const tally = tallyTests(vitest);
  await vitest.close();
  return tally;
}

function tallyTests(vitest: Vitest): Tally {
  const modules = vitest.state.getTestModules();
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const skips = tests.filter((test) => test.result().state === 'skipped');
  const unexplained = skips.filter((test) => skipReason(test) === undefined);
  for (const test of unexplained) console.log(`FAILED ${test.fullName}: skipped without naming a missing resource`);
  const problems = modules.reduce((sum, module) => sum + problemsOutsideTests(module), 0);
  const unfinished = tests.filter((test) => test.result().state === 'pending').length;
  const failed = tests.filter((test) => test.result().state === 'failed').length;
  const unhandled = vitest.state.getUnhandledErrors().length;
  const none = tests.length === 0 ? 1 : 0;
  return {
    passed: tests.filter((test) => test.result().state === 'passed').length,
    failed: failed + unfinished + unexplained.length + problems + unhandled + none,
    skipped: skips.flatMap((test) => skipReason(test) ?? []),
  };
}

/** Files that did not load and hooks that threw: failures that belong to no test. */
function problemsOutsideTests(module: TestModule): number {
  const suites = [...module.children.allSuites()];
  return module.errors().length + suites.reduce((sum, suite) => sum + suite.errors().length, 0);
}

function skipReason(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === 'skipped' ? missingResource(result.note) : undefined;
}

function summarizeSkips(reasons: string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => (count === 1 ? reason : `${reason} (${count} tests)`));
  return `${reasons.length} skipped: ${parts.join('; ') || 'none'}`;
}
