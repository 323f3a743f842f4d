// How the tests run: in separate processes, because native code keeps state for the life of a process.
import { defineConfig } from 'vitest/config';
import { chooseSoftwareVulkan } from './test/support/resources.ts';

chooseSoftwareVulkan();

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Native code brings its own threads; more processes than this only wait for each other.
    maxWorkers: 2,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    // As long as a busy machine may take; what is there sooner is not waited for.
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default'],
  },
});
