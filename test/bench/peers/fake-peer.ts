// A contender for the tests of the harness: as fast as it is told to be, or absent, failing or ending early.
import { serve } from './protocol.ts';

const [behaviour = 'steady', rate = '100'] = process.argv.slice(2);

if (behaviour === 'absent') {
  console.log(JSON.stringify({ absent: 'torch' }));
} else if (behaviour === 'broken') {
  console.error('the library is older than this program');
} else {
  let asked = 0;
  await serve(
    { Fake: rate },
    {
      async measure() {
        asked++;
        if (behaviour === 'failing') throw new Error('out of memory');
        return { units: Number(rate) * asked, seconds: asked, ...(behaviour === 'writing' && { bytes: 5e6 * asked }) };
      },
    },
  );
}
