// What a test has opened is closed when the test is over, also when it failed or ran out of time.
import { afterAll, onTestFinished, TestRunner } from 'vitest';

type Close = () => unknown;

const ofFile: Close[] = [];

afterAll(async () => {
  const failures: unknown[] = [];
  for (const close of ofFile.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `Closing failed: ${failures.join('; ')}`);
});

/** Closes it when all tests of the file are over, the latest first. */
export function atEndOfFile(close: Close): void {
  ofFile.push(close);
}

/** Closes it when the running test is over, however that ends; what is opened in a `beforeAll`, at the end of the file. */
export function atEnd(close: Close): void {
  if (TestRunner.getCurrentTest() === undefined) atEndOfFile(close);
  else onTestFinished(async () => void (await close()));
}
