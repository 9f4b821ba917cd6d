import { GanError, UsageError } from '../../src/errors';
import { readError, writeError } from '../../src/io/file-error';
import { TorchError } from '../../src/native/torch-error';
import { failure } from '../support/failure';

const system = (code: string) => Object.assign(new Error(`${code}: something`), { code });

test.each([
  ['ENOSPC', 'cannot write a.json: the disk is full: free some space or choose another folder (ENOSPC)'],
  ['EACCES', 'cannot write a.json: permission denied: choose a folder you may write to (EACCES)'],
  ['EIO', 'cannot write a.json: EIO: something'],
])('what the system says of a file that cannot be written, %s, comes with what to do', (code, message) => {
  const cause = system(code);
  expect(writeError('a.json', cause)).toEqual(failure('ERR_CANNOT_WRITE', message));
  expect(writeError('a.json', cause).cause).toBe(cause);
});

test('and of one that cannot be read', () => {
  expect(readError('a.json', system('ENOENT'))).toEqual(
    failure('ERR_CANNOT_READ', 'cannot read a.json: there is no such file: check the path (ENOENT)'),
  );
  expect(readError('a.json', 'no')).toEqual(failure('ERR_CANNOT_READ', 'cannot read a.json: no'));
});

test.each([
  new GanError('ERR_BAD_PNG', 'bad'),
  new UsageError('wrong call'),
  new TorchError('out of memory', 'ERR_OUT_OF_MEMORY', 'conv2d'),
])('what has a code of the library stays what it is: %p', (error) => {
  expect(writeError('a.json', error)).toBe(error);
  expect(readError('a.json', error)).toBe(error);
});
