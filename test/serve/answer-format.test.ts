import { answerFormat, mediaType } from '../../src/serve/answer-format';
import { failure } from '../support/failure';

test.each([
  ['gif', '*/*', 'format expects png or safetensors, but got "gif"'],
  ['', '*/*', 'format expects png or safetensors, but got ""'],
  [undefined, 'text/html', 'images come as image/png or application/vnd.safetensors'],
  [undefined, 'image/png;q=0', 'images come as'],
  [undefined, '', 'images come as'],
])('format %j with %j is refused', (format, accept, message) => {
  expect(() => answerFormat(format, accept)).toThrow(failure('ERR_REFUSED', message));
});

test.each([
  [undefined, undefined, 'png'],
  [undefined, '*/*', 'png'],
  [undefined, 'image/*', 'png'],
  [undefined, 'text/html, image/avif, */*;q=0.8', 'png'],
  [undefined, 'application/octet-stream', 'safetensors'],
  [undefined, 'image/png;q=0.1, application/x-safetensors', 'safetensors'],
  ['safetensors', 'image/png', 'safetensors'],
  ['png', 'application/octet-stream', 'png'],
] as const)('format %j with %j is %s', (format, accept, expected) => {
  expect(answerFormat(format, accept)).toBe(expected);
});

test('formats have media types', () => {
  expect([mediaType('png'), mediaType('safetensors')]).toEqual(['image/png', 'application/vnd.safetensors']);
});
