import { crc32c } from '../../src/report/crc32c';

test.each<[string, Uint8Array, number]>([
  ['no bytes', new Uint8Array(0), 0],
  ['the check value of the CRC catalogue', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros, RFC 3720', new Uint8Array(32), 0x8a9136aa],
  ['32 ones, RFC 3720', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31, RFC 3720', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  ['31 to 0, RFC 3720', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
])('crc32c of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
