/** A tensor (or a random generator) on the native side: a positive integer; 0 stands for an undefined tensor. */
export type Handle = number;
/** Handles as an array, or packed where a list is long and used every step. */
export type Handles = readonly Handle[] | Int32Array;
/** A whole number stays an integer beside an integer tensor; bigint is int64. */
export type Scalar = number | bigint | boolean;
/** Element types, by PyTorch's names. */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'uint8'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool';
/** How a 4-d tensor lies in memory: NCHW, or NHWC (`channels_last`). */
export type MemoryFormat = 'contiguous' | 'channels_last' | 'preserve';
