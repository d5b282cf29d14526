import { test } from 'node:test';
import fc from 'fast-check';
import { mailBytes, within } from './mail-bytes.ts';
import { runs } from './runs.ts';
import { fuzz } from './targets/content-type.ts';

test('content-type: every promise holds on random mail, in less than a second', () => {
  fc.assert(
    fc.property(mailBytes(40), (data) => within(fuzz, data)),
    runs(1000),
  );
});
