// Generated from LibTorch's own schemas by `npm run generate:ops`: do not edit. The list is native/ops.def.
import { operators } from './addon';
import type { DType, Handle, Handles, MemoryFormat, Scalar } from './types';

/** LibTorch's operators on handles, with LibTorch's defaults. */
export const ops = {
  /** empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
  empty_memory_format(size: readonly number[], dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().empty_memory_format(size, dtype, layout, device, pinMemory, memoryFormat);
  },
  /** zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  zeros(size: readonly number[], dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().zeros(size, dtype, layout, device, pinMemory);
  },
  /** ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  ones(size: readonly number[], dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().ones(size, dtype, layout, device, pinMemory);
  },
  /** full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  full(size: readonly number[], fillValue: Scalar, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().full(size, fillValue, dtype, layout, device, pinMemory);
  },
  /** eye(SymInt n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  eye(n: number, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().eye(n, dtype, layout, device, pinMemory);
  },
  /** arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  arange_start_step(start: Scalar, end: Scalar, step: Scalar = 1, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().arange_start_step(start, end, step, dtype, layout, device, pinMemory);
  },
  /** linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  linspace(start: Scalar, end: Scalar, steps: number, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().linspace(start, end, steps, dtype, layout, device, pinMemory);
  },
  /** rand.generator(SymInt[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  rand_generator(size: readonly number[], generator: Handle | null, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().rand_generator(size, generator, dtype, layout, device, pinMemory);
  },
  /** randn.generator(SymInt[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  randn_generator(size: readonly number[], generator: Handle | null, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().randn_generator(size, generator, dtype, layout, device, pinMemory);
  },
  /** randint.low_generator(SymInt low, SymInt high, SymInt[] size, *, Generator? generator, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  randint_low_generator(low: number, high: number, size: readonly number[], generator: Handle | null, dtype: DType | null = 'int64', layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().randint_low_generator(low, high, size, generator, dtype, layout, device, pinMemory);
  },
  /** randperm.generator(SymInt n, *, Generator? generator, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor */
  randperm_generator(n: number, generator: Handle | null, dtype: DType | null = 'int64', layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null): Handle {
    return operators().randperm_generator(n, generator, dtype, layout, device, pinMemory);
  },
  /** empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
  empty_like(self: Handle, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().empty_like(self, dtype, layout, device, pinMemory, memoryFormat);
  },
  /** zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
  zeros_like(self: Handle, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().zeros_like(self, dtype, layout, device, pinMemory, memoryFormat);
  },
  /** ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
  ones_like(self: Handle, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().ones_like(self, dtype, layout, device, pinMemory, memoryFormat);
  },
  /** full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
  full_like(self: Handle, fillValue: Scalar, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().full_like(self, fillValue, dtype, layout, device, pinMemory, memoryFormat);
  },
  /** tril(Tensor self, SymInt diagonal=0) -> Tensor */
  tril(self: Handle, diagonal: number = 0): Handle {
    return operators().tril(self, diagonal);
  },
  /** triu(Tensor self, SymInt diagonal=0) -> Tensor */
  triu(self: Handle, diagonal: number = 0): Handle {
    return operators().triu(self, diagonal);
  },
  /** zero_(Tensor(a!) self) -> Tensor(a!) */
  zero_(self: Handle): void {
    operators().zero_(self);
  },
  /** fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!) */
  fill__Scalar(self: Handle, value: Scalar): void {
    operators().fill__Scalar(self, value);
  },
  /** copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!) */
  copy_(self: Handle, src: Handle, nonBlocking: boolean = false): void {
    operators().copy_(self, src, nonBlocking);
  },
  /** normal_(Tensor(a!) self, float mean=0, float std=1, *, Generator? generator=None) -> Tensor(a!) */
  normal_(self: Handle, mean: number = 0, std: number = 1, generator: Handle | null = null): void {
    operators().normal_(self, mean, std, generator);
  },
  /** uniform_(Tensor(a!) self, float from=0, float to=1, *, Generator? generator=None) -> Tensor(a!) */
  uniform_(self: Handle, from: number = 0, to: number = 1, generator: Handle | null = null): void {
    operators().uniform_(self, from, to, generator);
  },
  /** bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!) */
  bernoulli__float(self: Handle, p: number = 0.5, generator: Handle | null = null): void {
    operators().bernoulli__float(self, p, generator);
  },
  /** bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor */
  bernoulli_p(self: Handle, p: number, generator: Handle | null = null): Handle {
    return operators().bernoulli_p(self, p, generator);
  },
  /** poisson(Tensor self, Generator? generator=None) -> Tensor */
  poisson(self: Handle, generator: Handle | null = null): Handle {
    return operators().poisson(self, generator);
  },
  /** multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor */
  multinomial(self: Handle, numSamples: number, replacement: boolean = false, generator: Handle | null = null): Handle {
    return operators().multinomial(self, numSamples, replacement, generator);
  },
  /** randn_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
  randn_like(self: Handle, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().randn_like(self, dtype, layout, device, pinMemory, memoryFormat);
  },
  /** rand_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor */
  rand_like(self: Handle, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().rand_like(self, dtype, layout, device, pinMemory, memoryFormat);
  },
  /** add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor */
  add_Tensor(self: Handle, other: Handle, alpha: Scalar = 1): Handle {
    return operators().add_Tensor(self, other, alpha);
  },
  /** add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor */
  add_Scalar(self: Handle, other: Scalar, alpha: Scalar = 1): Handle {
    return operators().add_Scalar(self, other, alpha);
  },
  /** add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!) */
  add__Tensor(self: Handle, other: Handle, alpha: Scalar = 1): void {
    operators().add__Tensor(self, other, alpha);
  },
  /** add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!) */
  add__Scalar(self: Handle, other: Scalar, alpha: Scalar = 1): void {
    operators().add__Scalar(self, other, alpha);
  },
  /** sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor */
  sub_Tensor(self: Handle, other: Handle, alpha: Scalar = 1): Handle {
    return operators().sub_Tensor(self, other, alpha);
  },
  /** sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor */
  sub_Scalar(self: Handle, other: Scalar, alpha: Scalar = 1): Handle {
    return operators().sub_Scalar(self, other, alpha);
  },
  /** sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!) */
  sub__Tensor(self: Handle, other: Handle, alpha: Scalar = 1): void {
    operators().sub__Tensor(self, other, alpha);
  },
  /** sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!) */
  sub__Scalar(self: Handle, other: Scalar, alpha: Scalar = 1): void {
    operators().sub__Scalar(self, other, alpha);
  },
  /** rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor */
  rsub_Scalar(self: Handle, other: Scalar, alpha: Scalar = 1): Handle {
    return operators().rsub_Scalar(self, other, alpha);
  },
  /** mul.Tensor(Tensor self, Tensor other) -> Tensor */
  mul_Tensor(self: Handle, other: Handle): Handle {
    return operators().mul_Tensor(self, other);
  },
  /** mul.Scalar(Tensor self, Scalar other) -> Tensor */
  mul_Scalar(self: Handle, other: Scalar): Handle {
    return operators().mul_Scalar(self, other);
  },
  /** mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!) */
  mul__Tensor(self: Handle, other: Handle): void {
    operators().mul__Tensor(self, other);
  },
  /** mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!) */
  mul__Scalar(self: Handle, other: Scalar): void {
    operators().mul__Scalar(self, other);
  },
  /** div.Tensor(Tensor self, Tensor other) -> Tensor */
  div_Tensor(self: Handle, other: Handle): Handle {
    return operators().div_Tensor(self, other);
  },
  /** div.Scalar(Tensor self, Scalar other) -> Tensor */
  div_Scalar(self: Handle, other: Scalar): Handle {
    return operators().div_Scalar(self, other);
  },
  /** div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!) */
  div__Tensor(self: Handle, other: Handle): void {
    operators().div__Tensor(self, other);
  },
  /** div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!) */
  div__Scalar(self: Handle, other: Scalar): void {
    operators().div__Scalar(self, other);
  },
  /** remainder.Scalar(Tensor self, Scalar other) -> Tensor */
  remainder_Scalar(self: Handle, other: Scalar): Handle {
    return operators().remainder_Scalar(self, other);
  },
  /** remainder.Tensor(Tensor self, Tensor other) -> Tensor */
  remainder_Tensor(self: Handle, other: Handle): Handle {
    return operators().remainder_Tensor(self, other);
  },
  /** addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor */
  addcmul(self: Handle, tensor1: Handle, tensor2: Handle, value: Scalar = 1): Handle {
    return operators().addcmul(self, tensor1, tensor2, value);
  },
  /** addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!) */
  addcmul_(self: Handle, tensor1: Handle, tensor2: Handle, value: Scalar = 1): void {
    operators().addcmul_(self, tensor1, tensor2, value);
  },
  /** addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor */
  addcdiv(self: Handle, tensor1: Handle, tensor2: Handle, value: Scalar = 1): Handle {
    return operators().addcdiv(self, tensor1, tensor2, value);
  },
  /** addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!) */
  addcdiv_(self: Handle, tensor1: Handle, tensor2: Handle, value: Scalar = 1): void {
    operators().addcdiv_(self, tensor1, tensor2, value);
  },
  /** lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor */
  lerp_Scalar(self: Handle, end: Handle, weight: Scalar): Handle {
    return operators().lerp_Scalar(self, end, weight);
  },
  /** lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor */
  lerp_Tensor(self: Handle, end: Handle, weight: Handle): Handle {
    return operators().lerp_Tensor(self, end, weight);
  },
  /** lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!) */
  lerp__Scalar(self: Handle, end: Handle, weight: Scalar): void {
    operators().lerp__Scalar(self, end, weight);
  },
  /** pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor */
  pow_Tensor_Scalar(self: Handle, exponent: Scalar): Handle {
    return operators().pow_Tensor_Scalar(self, exponent);
  },
  /** pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor */
  pow_Tensor_Tensor(self: Handle, exponent: Handle): Handle {
    return operators().pow_Tensor_Tensor(self, exponent);
  },
  /** pow.Scalar(Scalar self, Tensor exponent) -> Tensor */
  pow_Scalar(self: Scalar, exponent: Handle): Handle {
    return operators().pow_Scalar(self, exponent);
  },
  /** neg(Tensor self) -> Tensor */
  neg(self: Handle): Handle {
    return operators().neg(self);
  },
  /** abs(Tensor self) -> Tensor */
  abs(self: Handle): Handle {
    return operators().abs(self);
  },
  /** sign(Tensor self) -> Tensor */
  sign(self: Handle): Handle {
    return operators().sign(self);
  },
  /** square(Tensor self) -> Tensor */
  square(self: Handle): Handle {
    return operators().square(self);
  },
  /** sqrt(Tensor self) -> Tensor */
  sqrt(self: Handle): Handle {
    return operators().sqrt(self);
  },
  /** rsqrt(Tensor self) -> Tensor */
  rsqrt(self: Handle): Handle {
    return operators().rsqrt(self);
  },
  /** reciprocal(Tensor self) -> Tensor */
  reciprocal(self: Handle): Handle {
    return operators().reciprocal(self);
  },
  /** exp(Tensor self) -> Tensor */
  exp(self: Handle): Handle {
    return operators().exp(self);
  },
  /** expm1(Tensor self) -> Tensor */
  expm1(self: Handle): Handle {
    return operators().expm1(self);
  },
  /** log(Tensor self) -> Tensor */
  log(self: Handle): Handle {
    return operators().log(self);
  },
  /** log1p(Tensor self) -> Tensor */
  log1p(self: Handle): Handle {
    return operators().log1p(self);
  },
  /** log2(Tensor self) -> Tensor */
  log2(self: Handle): Handle {
    return operators().log2(self);
  },
  /** sin(Tensor self) -> Tensor */
  sin(self: Handle): Handle {
    return operators().sin(self);
  },
  /** cos(Tensor self) -> Tensor */
  cos(self: Handle): Handle {
    return operators().cos(self);
  },
  /** atan2(Tensor self, Tensor other) -> Tensor */
  atan2(self: Handle, other: Handle): Handle {
    return operators().atan2(self, other);
  },
  /** erf(Tensor self) -> Tensor */
  erf(self: Handle): Handle {
    return operators().erf(self);
  },
  /** erfinv(Tensor self) -> Tensor */
  erfinv(self: Handle): Handle {
    return operators().erfinv(self);
  },
  /** floor(Tensor self) -> Tensor */
  floor(self: Handle): Handle {
    return operators().floor(self);
  },
  /** ceil(Tensor self) -> Tensor */
  ceil(self: Handle): Handle {
    return operators().ceil(self);
  },
  /** round(Tensor self) -> Tensor */
  round(self: Handle): Handle {
    return operators().round(self);
  },
  /** trunc(Tensor self) -> Tensor */
  trunc(self: Handle): Handle {
    return operators().trunc(self);
  },
  /** clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor */
  clamp(self: Handle, min: Scalar | null = null, max: Scalar | null = null): Handle {
    return operators().clamp(self, min, max);
  },
  /** clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!) */
  clamp_(self: Handle, min: Scalar | null = null, max: Scalar | null = null): void {
    operators().clamp_(self, min, max);
  },
  /** clamp_min(Tensor self, Scalar min) -> Tensor */
  clamp_min(self: Handle, min: Scalar): Handle {
    return operators().clamp_min(self, min);
  },
  /** clamp_max(Tensor self, Scalar max) -> Tensor */
  clamp_max(self: Handle, max: Scalar): Handle {
    return operators().clamp_max(self, max);
  },
  /** minimum(Tensor self, Tensor other) -> Tensor */
  minimum(self: Handle, other: Handle): Handle {
    return operators().minimum(self, other);
  },
  /** maximum(Tensor self, Tensor other) -> Tensor */
  maximum(self: Handle, other: Handle): Handle {
    return operators().maximum(self, other);
  },
  /** isnan(Tensor self) -> Tensor */
  isnan(self: Handle): Handle {
    return operators().isnan(self);
  },
  /** isfinite(Tensor self) -> Tensor */
  isfinite(self: Handle): Handle {
    return operators().isfinite(self);
  },
  /** nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor */
  nan_to_num(self: Handle, nan: number | null = null, posinf: number | null = null, neginf: number | null = null): Handle {
    return operators().nan_to_num(self, nan, posinf, neginf);
  },
  /** where.self(Tensor condition, Tensor self, Tensor other) -> Tensor */
  where_self(condition: Handle, self: Handle, other: Handle): Handle {
    return operators().where_self(condition, self, other);
  },
  /** where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor */
  where_ScalarOther(condition: Handle, self: Handle, other: Scalar): Handle {
    return operators().where_ScalarOther(condition, self, other);
  },
  /** masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor */
  masked_fill_Scalar(self: Handle, mask: Handle, value: Scalar): Handle {
    return operators().masked_fill_Scalar(self, mask, value);
  },
  /** masked_select(Tensor self, Tensor mask) -> Tensor */
  masked_select(self: Handle, mask: Handle): Handle {
    return operators().masked_select(self, mask);
  },
  /** eq.Tensor(Tensor self, Tensor other) -> Tensor */
  eq_Tensor(self: Handle, other: Handle): Handle {
    return operators().eq_Tensor(self, other);
  },
  /** eq.Scalar(Tensor self, Scalar other) -> Tensor */
  eq_Scalar(self: Handle, other: Scalar): Handle {
    return operators().eq_Scalar(self, other);
  },
  /** ne.Tensor(Tensor self, Tensor other) -> Tensor */
  ne_Tensor(self: Handle, other: Handle): Handle {
    return operators().ne_Tensor(self, other);
  },
  /** ne.Scalar(Tensor self, Scalar other) -> Tensor */
  ne_Scalar(self: Handle, other: Scalar): Handle {
    return operators().ne_Scalar(self, other);
  },
  /** lt.Tensor(Tensor self, Tensor other) -> Tensor */
  lt_Tensor(self: Handle, other: Handle): Handle {
    return operators().lt_Tensor(self, other);
  },
  /** lt.Scalar(Tensor self, Scalar other) -> Tensor */
  lt_Scalar(self: Handle, other: Scalar): Handle {
    return operators().lt_Scalar(self, other);
  },
  /** le.Tensor(Tensor self, Tensor other) -> Tensor */
  le_Tensor(self: Handle, other: Handle): Handle {
    return operators().le_Tensor(self, other);
  },
  /** le.Scalar(Tensor self, Scalar other) -> Tensor */
  le_Scalar(self: Handle, other: Scalar): Handle {
    return operators().le_Scalar(self, other);
  },
  /** gt.Tensor(Tensor self, Tensor other) -> Tensor */
  gt_Tensor(self: Handle, other: Handle): Handle {
    return operators().gt_Tensor(self, other);
  },
  /** gt.Scalar(Tensor self, Scalar other) -> Tensor */
  gt_Scalar(self: Handle, other: Scalar): Handle {
    return operators().gt_Scalar(self, other);
  },
  /** ge.Tensor(Tensor self, Tensor other) -> Tensor */
  ge_Tensor(self: Handle, other: Handle): Handle {
    return operators().ge_Tensor(self, other);
  },
  /** ge.Scalar(Tensor self, Scalar other) -> Tensor */
  ge_Scalar(self: Handle, other: Scalar): Handle {
    return operators().ge_Scalar(self, other);
  },
  /** logical_and(Tensor self, Tensor other) -> Tensor */
  logical_and(self: Handle, other: Handle): Handle {
    return operators().logical_and(self, other);
  },
  /** logical_or(Tensor self, Tensor other) -> Tensor */
  logical_or(self: Handle, other: Handle): Handle {
    return operators().logical_or(self, other);
  },
  /** logical_not(Tensor self) -> Tensor */
  logical_not(self: Handle): Handle {
    return operators().logical_not(self);
  },
  /** equal(Tensor self, Tensor other) -> bool */
  equal(self: Handle, other: Handle): boolean {
    return operators().equal(self, other);
  },
  /** allclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> bool */
  allclose(self: Handle, other: Handle, rtol: number = 1e-05, atol: number = 1e-08, equalNan: boolean = false): boolean {
    return operators().allclose(self, other, rtol, atol, equalNan);
  },
  /** relu(Tensor self) -> Tensor */
  relu(self: Handle): Handle {
    return operators().relu(self);
  },
  /** relu_(Tensor(a!) self) -> Tensor(a!) */
  relu_(self: Handle): void {
    operators().relu_(self);
  },
  /** leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor */
  leaky_relu(self: Handle, negativeSlope: Scalar = 0.01): Handle {
    return operators().leaky_relu(self, negativeSlope);
  },
  /** leaky_relu_(Tensor(a!) self, Scalar negative_slope=0.01) -> Tensor(a!) */
  leaky_relu_(self: Handle, negativeSlope: Scalar = 0.01): void {
    operators().leaky_relu_(self, negativeSlope);
  },
  /** tanh(Tensor self) -> Tensor */
  tanh(self: Handle): Handle {
    return operators().tanh(self);
  },
  /** tanh_(Tensor(a!) self) -> Tensor(a!) */
  tanh_(self: Handle): void {
    operators().tanh_(self);
  },
  /** sigmoid(Tensor self) -> Tensor */
  sigmoid(self: Handle): Handle {
    return operators().sigmoid(self);
  },
  /** gelu(Tensor self, *, str approximate='none') -> Tensor */
  gelu(self: Handle, approximate: string = 'none'): Handle {
    return operators().gelu(self, approximate);
  },
  /** silu(Tensor self) -> Tensor */
  silu(self: Handle): Handle {
    return operators().silu(self);
  },
  /** elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor */
  elu(self: Handle, alpha: Scalar = 1, scale: Scalar = 1, inputScale: Scalar = 1): Handle {
    return operators().elu(self, alpha, scale, inputScale);
  },
  /** selu(Tensor self) -> Tensor */
  selu(self: Handle): Handle {
    return operators().selu(self);
  },
  /** softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor */
  softplus(self: Handle, beta: Scalar = 1, threshold: Scalar = 20): Handle {
    return operators().softplus(self, beta, threshold);
  },
  /** log_sigmoid(Tensor self) -> Tensor */
  log_sigmoid(self: Handle): Handle {
    return operators().log_sigmoid(self);
  },
  /** prelu(Tensor self, Tensor weight) -> Tensor */
  prelu(self: Handle, weight: Handle): Handle {
    return operators().prelu(self, weight);
  },
  /** hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor */
  hardtanh(self: Handle, minVal: Scalar = -1, maxVal: Scalar = 1): Handle {
    return operators().hardtanh(self, minVal, maxVal);
  },
  /** mish(Tensor self) -> Tensor */
  mish(self: Handle): Handle {
    return operators().mish(self);
  },
  /** softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor */
  softmax_int(self: Handle, dim: number, dtype: DType | null = null): Handle {
    return operators().softmax_int(self, dim, dtype);
  },
  /** log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor */
  log_softmax_int(self: Handle, dim: number, dtype: DType | null = null): Handle {
    return operators().log_softmax_int(self, dim, dtype);
  },
  /** glu(Tensor self, int dim=-1) -> Tensor */
  glu(self: Handle, dim: number = -1): Handle {
    return operators().glu(self, dim);
  },
  /** sum(Tensor self, *, ScalarType? dtype=None) -> Tensor */
  sum(self: Handle, dtype: DType | null = null): Handle {
    return operators().sum(self, dtype);
  },
  /** sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor */
  sum_dim_IntList(self: Handle, dim: readonly number[] | null, keepdim: boolean = false, dtype: DType | null = null): Handle {
    return operators().sum_dim_IntList(self, dim, keepdim, dtype);
  },
  /** mean(Tensor self, *, ScalarType? dtype=None) -> Tensor */
  mean(self: Handle, dtype: DType | null = null): Handle {
    return operators().mean(self, dtype);
  },
  /** mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor */
  mean_dim(self: Handle, dim: readonly number[] | null, keepdim: boolean = false, dtype: DType | null = null): Handle {
    return operators().mean_dim(self, dim, keepdim, dtype);
  },
  /** var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor */
  var_correction(self: Handle, dim: readonly number[] | null = null, correction: Scalar | null = null, keepdim: boolean = false): Handle {
    return operators().var_correction(self, dim, correction, keepdim);
  },
  /** std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor */
  std_correction(self: Handle, dim: readonly number[] | null = null, correction: Scalar | null = null, keepdim: boolean = false): Handle {
    return operators().std_correction(self, dim, correction, keepdim);
  },
  /** prod(Tensor self, *, ScalarType? dtype=None) -> Tensor */
  prod(self: Handle, dtype: DType | null = null): Handle {
    return operators().prod(self, dtype);
  },
  /** prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor */
  prod_dim_int(self: Handle, dim: number, keepdim: boolean = false, dtype: DType | null = null): Handle {
    return operators().prod_dim_int(self, dim, keepdim, dtype);
  },
  /** amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor */
  amax(self: Handle, dim: readonly number[] = [], keepdim: boolean = false): Handle {
    return operators().amax(self, dim, keepdim);
  },
  /** amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor */
  amin(self: Handle, dim: readonly number[] = [], keepdim: boolean = false): Handle {
    return operators().amin(self, dim, keepdim);
  },
  /** min(Tensor self) -> Tensor */
  min(self: Handle): Handle {
    return operators().min(self);
  },
  /** max(Tensor self) -> Tensor */
  max(self: Handle): Handle {
    return operators().max(self);
  },
  /** min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices) */
  min_dim(self: Handle, dim: number, keepdim: boolean = false): [Handle, Handle] {
    return operators().min_dim(self, dim, keepdim);
  },
  /** max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices) */
  max_dim(self: Handle, dim: number, keepdim: boolean = false): [Handle, Handle] {
    return operators().max_dim(self, dim, keepdim);
  },
  /** argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor */
  argmax(self: Handle, dim: number | null = null, keepdim: boolean = false): Handle {
    return operators().argmax(self, dim, keepdim);
  },
  /** argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor */
  argmin(self: Handle, dim: number | null = null, keepdim: boolean = false): Handle {
    return operators().argmin(self, dim, keepdim);
  },
  /** any(Tensor self) -> Tensor */
  any(self: Handle): Handle {
    return operators().any(self);
  },
  /** any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor */
  any_dim(self: Handle, dim: number, keepdim: boolean = false): Handle {
    return operators().any_dim(self, dim, keepdim);
  },
  /** all(Tensor self) -> Tensor */
  all(self: Handle): Handle {
    return operators().all(self);
  },
  /** all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor */
  all_dim(self: Handle, dim: number, keepdim: boolean = false): Handle {
    return operators().all_dim(self, dim, keepdim);
  },
  /** norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor */
  norm_ScalarOpt_dim(self: Handle, p: Scalar | null, dim: readonly number[], keepdim: boolean = false): Handle {
    return operators().norm_ScalarOpt_dim(self, p, dim, keepdim);
  },
  /** linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor */
  linalg_vector_norm(self: Handle, ord: Scalar = 2, dim: readonly number[] | null = null, keepdim: boolean = false, dtype: DType | null = null): Handle {
    return operators().linalg_vector_norm(self, ord, dim, keepdim, dtype);
  },
  /** logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor */
  logsumexp(self: Handle, dim: readonly number[], keepdim: boolean = false): Handle {
    return operators().logsumexp(self, dim, keepdim);
  },
  /** cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor */
  cumsum(self: Handle, dim: number, dtype: DType | null = null): Handle {
    return operators().cumsum(self, dim, dtype);
  },
  /** cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor */
  cumprod(self: Handle, dim: number, dtype: DType | null = null): Handle {
    return operators().cumprod(self, dim, dtype);
  },
  /** median(Tensor self) -> Tensor */
  median(self: Handle): Handle {
    return operators().median(self);
  },
  /** bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor */
  bincount(self: Handle, weights: Handle | null = null, minlength: number = 0): Handle {
    return operators().bincount(self, weights, minlength);
  },
  /** histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor */
  histc(self: Handle, bins: number = 100, min: Scalar = 0, max: Scalar = 0): Handle {
    return operators().histc(self, bins, min, max);
  },
  /** count_nonzero(Tensor self, int? dim=None) -> Tensor */
  count_nonzero(self: Handle, dim: number | null = null): Handle {
    return operators().count_nonzero(self, dim);
  },
  /** sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices) */
  sort(self: Handle, dim: number = -1, descending: boolean = false): [Handle, Handle] {
    return operators().sort(self, dim, descending);
  },
  /** argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor */
  argsort(self: Handle, dim: number = -1, descending: boolean = false): Handle {
    return operators().argsort(self, dim, descending);
  },
  /** topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices) */
  topk(self: Handle, k: number, dim: number = -1, largest: boolean = true, sorted: boolean = true): [Handle, Handle] {
    return operators().topk(self, k, dim, largest, sorted);
  },
  /** searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor */
  searchsorted_Tensor(sortedSequence: Handle, self: Handle, outInt32: boolean = false, right: boolean = false, side: string | null = null, sorter: Handle | null = null): Handle {
    return operators().searchsorted_Tensor(sortedSequence, self, outInt32, right, side, sorter);
  },
  /** unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor) */
  unique_consecutive(self: Handle, returnInverse: boolean = false, returnCounts: boolean = false, dim: number | null = null): [Handle, Handle, Handle] {
    return operators().unique_consecutive(self, returnInverse, returnCounts, dim);
  },
  /** matmul(Tensor self, Tensor other) -> Tensor */
  matmul(self: Handle, other: Handle): Handle {
    return operators().matmul(self, other);
  },
  /** mm(Tensor self, Tensor mat2) -> Tensor */
  mm(self: Handle, mat2: Handle): Handle {
    return operators().mm(self, mat2);
  },
  /** bmm(Tensor self, Tensor mat2) -> Tensor */
  bmm(self: Handle, mat2: Handle): Handle {
    return operators().bmm(self, mat2);
  },
  /** mv(Tensor self, Tensor vec) -> Tensor */
  mv(self: Handle, vec: Handle): Handle {
    return operators().mv(self, vec);
  },
  /** addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor */
  addmm(self: Handle, mat1: Handle, mat2: Handle, beta: Scalar = 1, alpha: Scalar = 1): Handle {
    return operators().addmm(self, mat1, mat2, beta, alpha);
  },
  /** addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!) */
  addmm_(self: Handle, mat1: Handle, mat2: Handle, beta: Scalar = 1, alpha: Scalar = 1): void {
    operators().addmm_(self, mat1, mat2, beta, alpha);
  },
  /** baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor */
  baddbmm(self: Handle, batch1: Handle, batch2: Handle, beta: Scalar = 1, alpha: Scalar = 1): Handle {
    return operators().baddbmm(self, batch1, batch2, beta, alpha);
  },
  /** dot(Tensor self, Tensor tensor) -> Tensor */
  dot(self: Handle, tensor: Handle): Handle {
    return operators().dot(self, tensor);
  },
  /** outer(Tensor self, Tensor vec2) -> Tensor */
  outer(self: Handle, vec2: Handle): Handle {
    return operators().outer(self, vec2);
  },
  /** einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor */
  einsum(equation: string, tensors: Handles, path: readonly number[] | null = null): Handle {
    return operators().einsum(equation, tensors, path);
  },
  /** linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor */
  linear(input: Handle, weight: Handle, bias: Handle | null = null): Handle {
    return operators().linear(input, weight, bias);
  },
  /** linalg_eigh(Tensor self, str UPLO="L") -> (Tensor eigenvalues, Tensor eigenvectors) */
  linalg_eigh(self: Handle, UPLO: string = 'L'): [Handle, Handle] {
    return operators().linalg_eigh(self, UPLO);
  },
  /** linalg_eigvalsh(Tensor self, str UPLO="L") -> Tensor */
  linalg_eigvalsh(self: Handle, UPLO: string = 'L'): Handle {
    return operators().linalg_eigvalsh(self, UPLO);
  },
  /** linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh) */
  linalg_svd(A: Handle, fullMatrices: boolean = true, driver: string | null = null): [Handle, Handle, Handle] {
    return operators().linalg_svd(A, fullMatrices, driver);
  },
  /** linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor */
  linalg_svdvals(A: Handle, driver: string | null = null): Handle {
    return operators().linalg_svdvals(A, driver);
  },
  /** linalg_qr(Tensor A, str mode='reduced') -> (Tensor Q, Tensor R) */
  linalg_qr(A: Handle, mode: string = 'reduced'): [Handle, Handle] {
    return operators().linalg_qr(A, mode);
  },
  /** linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor */
  linalg_cholesky(self: Handle, upper: boolean = false): Handle {
    return operators().linalg_cholesky(self, upper);
  },
  /** linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2,-1], bool keepdim=False, *, ScalarType? dtype=None) -> Tensor */
  linalg_matrix_norm(self: Handle, ord: Scalar, dim: readonly number[] = [-2, -1], keepdim: boolean = false, dtype: DType | null = null): Handle {
    return operators().linalg_matrix_norm(self, ord, dim, keepdim, dtype);
  },
  /** trace(Tensor self) -> Tensor */
  trace(self: Handle): Handle {
    return operators().trace(self);
  },
  /** diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a) */
  diagonal(self: Handle, offset: number = 0, dim1: number = 0, dim2: number = 1): Handle {
    return operators().diagonal(self, offset, dim1, dim2);
  },
  /** diag(Tensor self, int diagonal=0) -> Tensor */
  diag(self: Handle, diagonal: number = 0): Handle {
    return operators().diag(self, diagonal);
  },
  /** cdist(Tensor x1, Tensor x2, float p=2, int? compute_mode=None) -> Tensor */
  cdist(x1: Handle, x2: Handle, p: number = 2, computeMode: number | null = null): Handle {
    return operators().cdist(x1, x2, p, computeMode);
  },
  /** reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a) */
  reshape(self: Handle, shape: readonly number[]): Handle {
    return operators().reshape(self, shape);
  },
  /** view(Tensor(a) self, SymInt[] size) -> Tensor(a) */
  view(self: Handle, size: readonly number[]): Handle {
    return operators().view(self, size);
  },
  /** flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a) */
  flatten_using_ints(self: Handle, startDim: number = 0, endDim: number = -1): Handle {
    return operators().flatten_using_ints(self, startDim, endDim);
  },
  /** unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a) */
  unflatten_int(self: Handle, dim: number, sizes: readonly number[]): Handle {
    return operators().unflatten_int(self, dim, sizes);
  },
  /** squeeze(Tensor(a) self) -> Tensor(a) */
  squeeze(self: Handle): Handle {
    return operators().squeeze(self);
  },
  /** squeeze.dim(Tensor(a) self, int dim) -> Tensor(a) */
  squeeze_dim(self: Handle, dim: number): Handle {
    return operators().squeeze_dim(self, dim);
  },
  /** unsqueeze(Tensor(a) self, int dim) -> Tensor(a) */
  unsqueeze(self: Handle, dim: number): Handle {
    return operators().unsqueeze(self, dim);
  },
  /** transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a) */
  transpose_int(self: Handle, dim0: number, dim1: number): Handle {
    return operators().transpose_int(self, dim0, dim1);
  },
  /** t(Tensor(a) self) -> Tensor(a) */
  t(self: Handle): Handle {
    return operators().t(self);
  },
  /** permute(Tensor(a) self, int[] dims) -> Tensor(a) */
  permute(self: Handle, dims: readonly number[]): Handle {
    return operators().permute(self, dims);
  },
  /** expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a) */
  expand(self: Handle, size: readonly number[], implicit: boolean = false): Handle {
    return operators().expand(self, size, implicit);
  },
  /** expand_as(Tensor(a) self, Tensor other) -> Tensor(a) */
  expand_as(self: Handle, other: Handle): Handle {
    return operators().expand_as(self, other);
  },
  /** repeat(Tensor self, SymInt[] repeats) -> Tensor */
  repeat(self: Handle, repeats: readonly number[]): Handle {
    return operators().repeat(self, repeats);
  },
  /** repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor */
  repeat_interleave_self_int(self: Handle, repeats: number, dim: number | null = null, outputSize: number | null = null): Handle {
    return operators().repeat_interleave_self_int(self, repeats, dim, outputSize);
  },
  /** tile(Tensor self, SymInt[] dims) -> Tensor */
  tile(self: Handle, dims: readonly number[]): Handle {
    return operators().tile(self, dims);
  },
  /** flip(Tensor self, int[] dims) -> Tensor */
  flip(self: Handle, dims: readonly number[]): Handle {
    return operators().flip(self, dims);
  },
  /** roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor */
  roll(self: Handle, shifts: readonly number[], dims: readonly number[] = []): Handle {
    return operators().roll(self, shifts, dims);
  },
  /** cat(Tensor[] tensors, int dim=0) -> Tensor */
  cat(tensors: Handles, dim: number = 0): Handle {
    return operators().cat(tensors, dim);
  },
  /** stack(Tensor[] tensors, int dim=0) -> Tensor */
  stack(tensors: Handles, dim: number = 0): Handle {
    return operators().stack(tensors, dim);
  },
  /** chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[] */
  chunk(self: Handle, chunks: number, dim: number = 0): Handle[] {
    return operators().chunk(self, chunks, dim);
  },
  /** split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[] */
  split_Tensor(self: Handle, splitSize: number, dim: number = 0): Handle[] {
    return operators().split_Tensor(self, splitSize, dim);
  },
  /** split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[] */
  split_with_sizes(self: Handle, splitSizes: readonly number[], dim: number = 0): Handle[] {
    return operators().split_with_sizes(self, splitSizes, dim);
  },
  /** unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[] */
  unbind_int(self: Handle, dim: number = 0): Handle[] {
    return operators().unbind_int(self, dim);
  },
  /** narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a) */
  narrow(self: Handle, dim: number, start: number, length: number): Handle {
    return operators().narrow(self, dim, start, length);
  },
  /** select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a) */
  select_int(self: Handle, dim: number, index: number): Handle {
    return operators().select_int(self, dim, index);
  },
  /** slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a) */
  slice_Tensor(self: Handle, dim: number = 0, start: number | null = null, end: number | null = null, step: number = 1): Handle {
    return operators().slice_Tensor(self, dim, start, end, step);
  },
  /** unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a) */
  unfold(self: Handle, dimension: number, size: number, step: number): Handle {
    return operators().unfold(self, dimension, size, step);
  },
  /** contiguous(Tensor(a) self, *, MemoryFormat memory_format=contiguous_format) -> Tensor(a) */
  contiguous(self: Handle, memoryFormat: MemoryFormat = 'contiguous'): Handle {
    return operators().contiguous(self, memoryFormat);
  },
  /** clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor */
  clone(self: Handle, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().clone(self, memoryFormat);
  },
  /** detach(Tensor(a) self) -> Tensor(a) */
  detach(self: Handle): Handle {
    return operators().detach(self);
  },
  /** to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a) */
  to_dtype(self: Handle, dtype: DType, nonBlocking: boolean = false, copy: boolean = false, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().to_dtype(self, dtype, nonBlocking, copy, memoryFormat);
  },
  /** to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a) */
  to_device(self: Handle, device: string, dtype: DType, nonBlocking: boolean = false, copy: boolean = false, memoryFormat: MemoryFormat | null = null): Handle {
    return operators().to_device(self, device, dtype, nonBlocking, copy, memoryFormat);
  },
  /** _to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None) -> Tensor */
  _to_copy(self: Handle, dtype: DType | null = null, layout: never | null = null, device: string | null = null, pinMemory: boolean | null = null, nonBlocking: boolean = false, memoryFormat: MemoryFormat | null = null): Handle {
    return operators()._to_copy(self, dtype, layout, device, pinMemory, nonBlocking, memoryFormat);
  },
  /** alias(Tensor(a) self) -> Tensor(a) */
  alias(self: Handle): Handle {
    return operators().alias(self);
  },
  /** meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[] */
  meshgrid_indexing(tensors: Handles, indexing: string): Handle[] {
    return operators().meshgrid_indexing(tensors, indexing);
  },
  /** index.Tensor(Tensor self, Tensor?[] indices) -> Tensor */
  index_Tensor(self: Handle, indices: readonly (Handle | null)[]): Handle {
    return operators().index_Tensor(self, indices);
  },
  /** index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor */
  index_put(self: Handle, indices: readonly (Handle | null)[], values: Handle, accumulate: boolean = false): Handle {
    return operators().index_put(self, indices, values, accumulate);
  },
  /** index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!) */
  index_put_(self: Handle, indices: readonly (Handle | null)[], values: Handle, accumulate: boolean = false): void {
    operators().index_put_(self, indices, values, accumulate);
  },
  /** index_select(Tensor self, int dim, Tensor index) -> Tensor */
  index_select(self: Handle, dim: number, index: Handle): Handle {
    return operators().index_select(self, dim, index);
  },
  /** index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor */
  index_add(self: Handle, dim: number, index: Handle, source: Handle, alpha: Scalar = 1): Handle {
    return operators().index_add(self, dim, index, source, alpha);
  },
  /** index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!) */
  index_copy_(self: Handle, dim: number, index: Handle, source: Handle): void {
    operators().index_copy_(self, dim, index, source);
  },
  /** gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor */
  gather(self: Handle, dim: number, index: Handle, sparseGrad: boolean = false): Handle {
    return operators().gather(self, dim, index, sparseGrad);
  },
  /** scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor */
  scatter_src(self: Handle, dim: number, index: Handle, src: Handle): Handle {
    return operators().scatter_src(self, dim, index, src);
  },
  /** scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor */
  scatter_value(self: Handle, dim: number, index: Handle, value: Scalar): Handle {
    return operators().scatter_value(self, dim, index, value);
  },
  /** scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor */
  scatter_add(self: Handle, dim: number, index: Handle, src: Handle): Handle {
    return operators().scatter_add(self, dim, index, src);
  },
  /** take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor */
  take_along_dim(self: Handle, indices: Handle, dim: number | null = null): Handle {
    return operators().take_along_dim(self, indices, dim);
  },
  /** one_hot(Tensor self, int num_classes=-1) -> Tensor */
  one_hot(self: Handle, numClasses: number = -1): Handle {
    return operators().one_hot(self, numClasses);
  },
  /** nonzero(Tensor self) -> Tensor */
  nonzero(self: Handle): Handle {
    return operators().nonzero(self);
  },
  /** embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor */
  embedding(weight: Handle, indices: Handle, paddingIdx: number = -1, scaleGradByFreq: boolean = false, sparse: boolean = false): Handle {
    return operators().embedding(weight, indices, paddingIdx, scaleGradByFreq, sparse);
  },
  /** conv1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=1, SymInt[1] padding=0, SymInt[1] dilation=1, SymInt groups=1) -> Tensor */
  conv1d(input: Handle, weight: Handle, bias: Handle | null = null, stride: readonly number[] = [1], padding: readonly number[] = [0], dilation: readonly number[] = [1], groups: number = 1): Handle {
    return operators().conv1d(input, weight, bias, stride, padding, dilation, groups);
  },
  /** conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, SymInt[2] padding=0, SymInt[2] dilation=1, SymInt groups=1) -> Tensor */
  conv2d(input: Handle, weight: Handle, bias: Handle | null = null, stride: readonly number[] = [1, 1], padding: readonly number[] = [0, 0], dilation: readonly number[] = [1, 1], groups: number = 1): Handle {
    return operators().conv2d(input, weight, bias, stride, padding, dilation, groups);
  },
  /** conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, str padding="valid", SymInt[2] dilation=1, SymInt groups=1) -> Tensor */
  conv2d_padding(input: Handle, weight: Handle, bias: Handle | null = null, stride: readonly number[] = [1, 1], padding: string = 'valid', dilation: readonly number[] = [1, 1], groups: number = 1): Handle {
    return operators().conv2d_padding(input, weight, bias, stride, padding, dilation, groups);
  },
  /** conv3d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=1, SymInt[3] padding=0, SymInt[3] dilation=1, SymInt groups=1) -> Tensor */
  conv3d(input: Handle, weight: Handle, bias: Handle | null = null, stride: readonly number[] = [1, 1, 1], padding: readonly number[] = [0, 0, 0], dilation: readonly number[] = [1, 1, 1], groups: number = 1): Handle {
    return operators().conv3d(input, weight, bias, stride, padding, dilation, groups);
  },
  /** conv_transpose1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=1, SymInt[1] padding=0, SymInt[1] output_padding=0, SymInt groups=1, SymInt[1] dilation=1) -> Tensor */
  conv_transpose1d(input: Handle, weight: Handle, bias: Handle | null = null, stride: readonly number[] = [1], padding: readonly number[] = [0], outputPadding: readonly number[] = [0], groups: number = 1, dilation: readonly number[] = [1]): Handle {
    return operators().conv_transpose1d(input, weight, bias, stride, padding, outputPadding, groups, dilation);
  },
  /** conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, SymInt[2] padding=0, SymInt[2] output_padding=0, SymInt groups=1, SymInt[2] dilation=1) -> Tensor */
  conv_transpose2d_input(input: Handle, weight: Handle, bias: Handle | null = null, stride: readonly number[] = [1, 1], padding: readonly number[] = [0, 0], outputPadding: readonly number[] = [0, 0], groups: number = 1, dilation: readonly number[] = [1, 1]): Handle {
    return operators().conv_transpose2d_input(input, weight, bias, stride, padding, outputPadding, groups, dilation);
  },
  /** im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor */
  im2col(self: Handle, kernelSize: readonly number[], dilation: readonly number[], padding: readonly number[], stride: readonly number[]): Handle {
    return operators().im2col(self, kernelSize, dilation, padding, stride);
  },
  /** col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor */
  col2im(self: Handle, outputSize: readonly number[], kernelSize: readonly number[], dilation: readonly number[], padding: readonly number[], stride: readonly number[]): Handle {
    return operators().col2im(self, outputSize, kernelSize, dilation, padding, stride);
  },
  /** max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor */
  max_pool2d(self: Handle, kernelSize: readonly number[], stride: readonly number[] = [], padding: readonly number[] = [0, 0], dilation: readonly number[] = [1, 1], ceilMode: boolean = false): Handle {
    return operators().max_pool2d(self, kernelSize, stride, padding, dilation, ceilMode);
  },
  /** avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor */
  avg_pool2d(self: Handle, kernelSize: readonly number[], stride: readonly number[] = [], padding: readonly number[] = [0, 0], ceilMode: boolean = false, countIncludePad: boolean = true, divisorOverride: number | null = null): Handle {
    return operators().avg_pool2d(self, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
  },
  /** adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor */
  adaptive_avg_pool2d(self: Handle, outputSize: readonly number[]): Handle {
    return operators().adaptive_avg_pool2d(self, outputSize);
  },
  /** adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor) */
  adaptive_max_pool2d(self: Handle, outputSize: readonly number[]): [Handle, Handle] {
    return operators().adaptive_max_pool2d(self, outputSize);
  },
  /** upsample_nearest2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor */
  upsample_nearest2d_vec(input: Handle, outputSize: readonly number[] | null, scaleFactors: readonly number[] | null): Handle {
    return operators().upsample_nearest2d_vec(input, outputSize, scaleFactors);
  },
  /** _upsample_nearest_exact2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor */
  _upsample_nearest_exact2d_vec(input: Handle, outputSize: readonly number[] | null, scaleFactors: readonly number[] | null): Handle {
    return operators()._upsample_nearest_exact2d_vec(input, outputSize, scaleFactors);
  },
  /** upsample_bilinear2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
  upsample_bilinear2d_vec(input: Handle, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Handle {
    return operators().upsample_bilinear2d_vec(input, outputSize, alignCorners, scaleFactors);
  },
  /** _upsample_bilinear2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
  _upsample_bilinear2d_aa_vec(input: Handle, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Handle {
    return operators()._upsample_bilinear2d_aa_vec(input, outputSize, alignCorners, scaleFactors);
  },
  /** upsample_bicubic2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
  upsample_bicubic2d_vec(input: Handle, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Handle {
    return operators().upsample_bicubic2d_vec(input, outputSize, alignCorners, scaleFactors);
  },
  /** _upsample_bicubic2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor */
  _upsample_bicubic2d_aa_vec(input: Handle, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors: readonly number[] | null): Handle {
    return operators()._upsample_bicubic2d_aa_vec(input, outputSize, alignCorners, scaleFactors);
  },
  /** pixel_shuffle(Tensor self, int upscale_factor) -> Tensor */
  pixel_shuffle(self: Handle, upscaleFactor: number): Handle {
    return operators().pixel_shuffle(self, upscaleFactor);
  },
  /** pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor */
  pixel_unshuffle(self: Handle, downscaleFactor: number): Handle {
    return operators().pixel_unshuffle(self, downscaleFactor);
  },
  /** grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor */
  grid_sampler_2d(input: Handle, grid: Handle, interpolationMode: number, paddingMode: number, alignCorners: boolean): Handle {
    return operators().grid_sampler_2d(input, grid, interpolationMode, paddingMode, alignCorners);
  },
  /** affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners) -> Tensor */
  affine_grid_generator(theta: Handle, size: readonly number[], alignCorners: boolean): Handle {
    return operators().affine_grid_generator(theta, size, alignCorners);
  },
  /** pad(Tensor self, SymInt[] pad, str mode="constant", float? value=None) -> Tensor */
  pad(self: Handle, pad: readonly number[], mode: string = 'constant', value: number | null = null): Handle {
    return operators().pad(self, pad, mode, value);
  },
  /** constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor */
  constant_pad_nd(self: Handle, pad: readonly number[], value: Scalar = 0): Handle {
    return operators().constant_pad_nd(self, pad, value);
  },
  /** reflection_pad2d(Tensor self, SymInt[4] padding) -> Tensor */
  reflection_pad2d(self: Handle, padding: readonly number[]): Handle {
    return operators().reflection_pad2d(self, padding);
  },
  /** replication_pad2d(Tensor self, SymInt[4] padding) -> Tensor */
  replication_pad2d(self: Handle, padding: readonly number[]): Handle {
    return operators().replication_pad2d(self, padding);
  },
  /** batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor */
  batch_norm(input: Handle, weight: Handle | null, bias: Handle | null, runningMean: Handle | null, runningVar: Handle | null, training: boolean, momentum: number, eps: number, cudnnEnabled: boolean): Handle {
    return operators().batch_norm(input, weight, bias, runningMean, runningVar, training, momentum, eps, cudnnEnabled);
  },
  /** layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, bool cudnn_enable=True) -> Tensor */
  layer_norm(input: Handle, normalizedShape: readonly number[], weight: Handle | null = null, bias: Handle | null = null, eps: number = 1e-05, cudnnEnable: boolean = true): Handle {
    return operators().layer_norm(input, normalizedShape, weight, bias, eps, cudnnEnable);
  },
  /** group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, bool cudnn_enabled=True) -> Tensor */
  group_norm(input: Handle, numGroups: number, weight: Handle | null = null, bias: Handle | null = null, eps: number = 1e-05, cudnnEnabled: boolean = true): Handle {
    return operators().group_norm(input, numGroups, weight, bias, eps, cudnnEnabled);
  },
  /** instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor */
  instance_norm(input: Handle, weight: Handle | null, bias: Handle | null, runningMean: Handle | null, runningVar: Handle | null, useInputStats: boolean, momentum: number, eps: number, cudnnEnabled: boolean): Handle {
    return operators().instance_norm(input, weight, bias, runningMean, runningVar, useInputStats, momentum, eps, cudnnEnabled);
  },
  /** rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor */
  rms_norm(input: Handle, normalizedShape: readonly number[], weight: Handle | null = null, eps: number | null = null): Handle {
    return operators().rms_norm(input, normalizedShape, weight, eps);
  },
  /** dropout(Tensor input, float p, bool train) -> Tensor */
  dropout(input: Handle, p: number, train: boolean): Handle {
    return operators().dropout(input, p, train);
  },
  /** feature_dropout(Tensor input, float p, bool train) -> Tensor */
  feature_dropout(input: Handle, p: number, train: boolean): Handle {
    return operators().feature_dropout(input, p, train);
  },
  /** scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor */
  scaled_dot_product_attention(query: Handle, key: Handle, value: Handle, attnMask: Handle | null = null, dropoutP: number = 0.0, isCausal: boolean = false, scale: number | null = null, enableGqa: boolean = false): Handle {
    return operators().scaled_dot_product_attention(query, key, value, attnMask, dropoutP, isCausal, scale, enableGqa);
  },
  /** binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean) -> Tensor */
  binary_cross_entropy(self: Handle, target: Handle, weight: Handle | null = null, reduction: number = 1): Handle {
    return operators().binary_cross_entropy(self, target, weight, reduction);
  },
  /** binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, int reduction=Mean) -> Tensor */
  binary_cross_entropy_with_logits(self: Handle, target: Handle, weight: Handle | null = null, posWeight: Handle | null = null, reduction: number = 1): Handle {
    return operators().binary_cross_entropy_with_logits(self, target, weight, posWeight, reduction);
  },
  /** cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean, SymInt ignore_index=-100, float label_smoothing=0.0) -> Tensor */
  cross_entropy_loss(self: Handle, target: Handle, weight: Handle | null = null, reduction: number = 1, ignoreIndex: number = -100, labelSmoothing: number = 0.0): Handle {
    return operators().cross_entropy_loss(self, target, weight, reduction, ignoreIndex, labelSmoothing);
  },
  /** nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean, SymInt ignore_index=-100) -> Tensor */
  nll_loss_nd(self: Handle, target: Handle, weight: Handle | null = null, reduction: number = 1, ignoreIndex: number = -100): Handle {
    return operators().nll_loss_nd(self, target, weight, reduction, ignoreIndex);
  },
  /** mse_loss(Tensor self, Tensor target, int reduction=Mean) -> Tensor */
  mse_loss(self: Handle, target: Handle, reduction: number = 1): Handle {
    return operators().mse_loss(self, target, reduction);
  },
  /** l1_loss(Tensor self, Tensor target, int reduction=Mean) -> Tensor */
  l1_loss(self: Handle, target: Handle, reduction: number = 1): Handle {
    return operators().l1_loss(self, target, reduction);
  },
  /** smooth_l1_loss(Tensor self, Tensor target, int reduction=Mean, float beta=1.0) -> Tensor */
  smooth_l1_loss(self: Handle, target: Handle, reduction: number = 1, beta: number = 1.0): Handle {
    return operators().smooth_l1_loss(self, target, reduction, beta);
  },
  /** huber_loss(Tensor self, Tensor target, int reduction=Mean, float delta=1.0) -> Tensor */
  huber_loss(self: Handle, target: Handle, reduction: number = 1, delta: number = 1.0): Handle {
    return operators().huber_loss(self, target, reduction, delta);
  },
  /** kl_div(Tensor self, Tensor target, int reduction=Mean, *, bool log_target=False) -> Tensor */
  kl_div(self: Handle, target: Handle, reduction: number = 1, logTarget: boolean = false): Handle {
    return operators().kl_div(self, target, reduction, logTarget);
  },
  /** soft_margin_loss(Tensor self, Tensor target, int reduction=Mean) -> Tensor */
  soft_margin_loss(self: Handle, target: Handle, reduction: number = 1): Handle {
    return operators().soft_margin_loss(self, target, reduction);
  },
  /** _fused_adam_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> () */
  _fused_adam_(self: Handles, grads: Handles, expAvgs: Handles, expAvgSqs: Handles, maxExpAvgSqs: Handles, stateSteps: Handles, lr: number, beta1: number, beta2: number, weightDecay: number, eps: number, amsgrad: boolean, maximize: boolean, gradScale: Handle | null = null, foundInf: Handle | null = null): void {
    operators()._fused_adam_(self, grads, expAvgs, expAvgSqs, maxExpAvgSqs, stateSteps, lr, beta1, beta2, weightDecay, eps, amsgrad, maximize, gradScale, foundInf);
  },
  /** _fused_adam_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, Tensor lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> () */
  _fused_adam__tensor_lr(self: Handles, grads: Handles, expAvgs: Handles, expAvgSqs: Handles, maxExpAvgSqs: Handles, stateSteps: Handles, lr: Handle, beta1: number, beta2: number, weightDecay: number, eps: number, amsgrad: boolean, maximize: boolean, gradScale: Handle | null = null, foundInf: Handle | null = null): void {
    operators()._fused_adam__tensor_lr(self, grads, expAvgs, expAvgSqs, maxExpAvgSqs, stateSteps, lr, beta1, beta2, weightDecay, eps, amsgrad, maximize, gradScale, foundInf);
  },
  /** _fused_adamw_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> () */
  _fused_adamw_(self: Handles, grads: Handles, expAvgs: Handles, expAvgSqs: Handles, maxExpAvgSqs: Handles, stateSteps: Handles, lr: number, beta1: number, beta2: number, weightDecay: number, eps: number, amsgrad: boolean, maximize: boolean, gradScale: Handle | null = null, foundInf: Handle | null = null): void {
    operators()._fused_adamw_(self, grads, expAvgs, expAvgSqs, maxExpAvgSqs, stateSteps, lr, beta1, beta2, weightDecay, eps, amsgrad, maximize, gradScale, foundInf);
  },
  /** _fused_adamw_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, Tensor lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> () */
  _fused_adamw__tensor_lr(self: Handles, grads: Handles, expAvgs: Handles, expAvgSqs: Handles, maxExpAvgSqs: Handles, stateSteps: Handles, lr: Handle, beta1: number, beta2: number, weightDecay: number, eps: number, amsgrad: boolean, maximize: boolean, gradScale: Handle | null = null, foundInf: Handle | null = null): void {
    operators()._fused_adamw__tensor_lr(self, grads, expAvgs, expAvgSqs, maxExpAvgSqs, stateSteps, lr, beta1, beta2, weightDecay, eps, amsgrad, maximize, gradScale, foundInf);
  },
  /** _fused_sgd_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] momentum_buffer_list, *, float weight_decay, float momentum, float lr, float dampening, bool nesterov, bool maximize, bool is_first_step, Tensor? grad_scale=None, Tensor? found_inf=None) -> () */
  _fused_sgd_(self: Handles, grads: Handles, momentumBufferList: Handles, weightDecay: number, momentum: number, lr: number, dampening: number, nesterov: boolean, maximize: boolean, isFirstStep: boolean, gradScale: Handle | null = null, foundInf: Handle | null = null): void {
    operators()._fused_sgd_(self, grads, momentumBufferList, weightDecay, momentum, lr, dampening, nesterov, maximize, isFirstStep, gradScale, foundInf);
  },
  /** _fused_sgd_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] momentum_buffer_list, *, float weight_decay, float momentum, Tensor lr, float dampening, bool nesterov, bool maximize, bool is_first_step, Tensor? grad_scale=None, Tensor? found_inf=None) -> () */
  _fused_sgd__tensor_lr(self: Handles, grads: Handles, momentumBufferList: Handles, weightDecay: number, momentum: number, lr: Handle, dampening: number, nesterov: boolean, maximize: boolean, isFirstStep: boolean, gradScale: Handle | null = null, foundInf: Handle | null = null): void {
    operators()._fused_sgd__tensor_lr(self, grads, momentumBufferList, weightDecay, momentum, lr, dampening, nesterov, maximize, isFirstStep, gradScale, foundInf);
  },
  /** _foreach_add_.Scalar(Tensor(a!)[] self, Scalar scalar) -> () */
  _foreach_add__Scalar(self: Handles, scalar: Scalar): void {
    operators()._foreach_add__Scalar(self, scalar);
  },
  /** _foreach_add_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> () */
  _foreach_add__List(self: Handles, other: Handles, alpha: Scalar = 1): void {
    operators()._foreach_add__List(self, other, alpha);
  },
  /** _foreach_sub_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> () */
  _foreach_sub__List(self: Handles, other: Handles, alpha: Scalar = 1): void {
    operators()._foreach_sub__List(self, other, alpha);
  },
  /** _foreach_mul_.Scalar(Tensor(a!)[] self, Scalar scalar) -> () */
  _foreach_mul__Scalar(self: Handles, scalar: Scalar): void {
    operators()._foreach_mul__Scalar(self, scalar);
  },
  /** _foreach_mul_.Tensor(Tensor(a!)[] self, Tensor other) -> () */
  _foreach_mul__Tensor(self: Handles, other: Handle): void {
    operators()._foreach_mul__Tensor(self, other);
  },
  /** _foreach_mul_.List(Tensor(a!)[] self, Tensor[] other) -> () */
  _foreach_mul__List(self: Handles, other: Handles): void {
    operators()._foreach_mul__List(self, other);
  },
  /** _foreach_div_.List(Tensor(a!)[] self, Tensor[] other) -> () */
  _foreach_div__List(self: Handles, other: Handles): void {
    operators()._foreach_div__List(self, other);
  },
  /** _foreach_addcmul_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> () */
  _foreach_addcmul__Scalar(self: Handles, tensor1: Handles, tensor2: Handles, value: Scalar = 1): void {
    operators()._foreach_addcmul__Scalar(self, tensor1, tensor2, value);
  },
  /** _foreach_addcdiv_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> () */
  _foreach_addcdiv__Scalar(self: Handles, tensor1: Handles, tensor2: Handles, value: Scalar = 1): void {
    operators()._foreach_addcdiv__Scalar(self, tensor1, tensor2, value);
  },
  /** _foreach_lerp_.Scalar(Tensor(a!)[] self, Tensor[] tensors1, Scalar weight) -> () */
  _foreach_lerp__Scalar(self: Handles, tensors1: Handles, weight: Scalar): void {
    operators()._foreach_lerp__Scalar(self, tensors1, weight);
  },
  /** _foreach_sqrt(Tensor[] self) -> Tensor[] */
  _foreach_sqrt(self: Handles): Handle[] {
    return operators()._foreach_sqrt(self);
  },
  /** _foreach_sqrt_(Tensor(a!)[] self) -> () */
  _foreach_sqrt_(self: Handles): void {
    operators()._foreach_sqrt_(self);
  },
  /** _foreach_neg_(Tensor(a!)[] self) -> () */
  _foreach_neg_(self: Handles): void {
    operators()._foreach_neg_(self);
  },
  /** _foreach_zero_(Tensor(a!)[] self) -> () */
  _foreach_zero_(self: Handles): void {
    operators()._foreach_zero_(self);
  },
  /** _foreach_copy_(Tensor(a!)[] self, Tensor[] src, bool non_blocking=False) -> () */
  _foreach_copy_(self: Handles, src: Handles, nonBlocking: boolean = false): void {
    operators()._foreach_copy_(self, src, nonBlocking);
  },
  /** _foreach_norm.Scalar(Tensor[] self, Scalar ord=2, ScalarType? dtype=None) -> Tensor[] */
  _foreach_norm_Scalar(self: Handles, ord: Scalar = 2, dtype: DType | null = null): Handle[] {
    return operators()._foreach_norm_Scalar(self, ord, dtype);
  },
  /** _foreach_clamp_min_.Scalar(Tensor(a!)[] self, Scalar scalar) -> () */
  _foreach_clamp_min__Scalar(self: Handles, scalar: Scalar): void {
    operators()._foreach_clamp_min__Scalar(self, scalar);
  },
  /** _foreach_clamp_max_.Scalar(Tensor(a!)[] self, Scalar scalar) -> () */
  _foreach_clamp_max__Scalar(self: Handles, scalar: Scalar): void {
    operators()._foreach_clamp_max__Scalar(self, scalar);
  },
  /** _foreach_maximum_.List(Tensor(a!)[] self, Tensor[] other) -> () */
  _foreach_maximum__List(self: Handles, other: Handles): void {
    operators()._foreach_maximum__List(self, other);
  },
  /** _foreach_add.Scalar(Tensor[] self, Scalar scalar) -> Tensor[] */
  _foreach_add_Scalar(self: Handles, scalar: Scalar): Handle[] {
    return operators()._foreach_add_Scalar(self, scalar);
  },
  /** _foreach_add.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[] */
  _foreach_add_List(self: Handles, other: Handles, alpha: Scalar = 1): Handle[] {
    return operators()._foreach_add_List(self, other, alpha);
  },
  /** _foreach_sub.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[] */
  _foreach_sub_List(self: Handles, other: Handles, alpha: Scalar = 1): Handle[] {
    return operators()._foreach_sub_List(self, other, alpha);
  },
  /** _foreach_mul.Scalar(Tensor[] self, Scalar scalar) -> Tensor[] */
  _foreach_mul_Scalar(self: Handles, scalar: Scalar): Handle[] {
    return operators()._foreach_mul_Scalar(self, scalar);
  },
  /** _foreach_mul.List(Tensor[] self, Tensor[] other) -> Tensor[] */
  _foreach_mul_List(self: Handles, other: Handles): Handle[] {
    return operators()._foreach_mul_List(self, other);
  },
  /** _foreach_addcmul.Scalar(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> Tensor[] */
  _foreach_addcmul_Scalar(self: Handles, tensor1: Handles, tensor2: Handles, value: Scalar = 1): Handle[] {
    return operators()._foreach_addcmul_Scalar(self, tensor1, tensor2, value);
  },
  /** _amp_foreach_non_finite_check_and_unscale_(Tensor(a!)[] self, Tensor(b!) found_inf, Tensor inv_scale) -> () */
  _amp_foreach_non_finite_check_and_unscale_(self: Handles, foundInf: Handle, invScale: Handle): void {
    operators()._amp_foreach_non_finite_check_and_unscale_(self, foundInf, invScale);
  },
  /** _amp_update_scale_(Tensor(a!) self, Tensor(b!) growth_tracker, Tensor found_inf, float scale_growth_factor, float scale_backoff_factor, int growth_interval) -> Tensor(a!) */
  _amp_update_scale_(self: Handle, growthTracker: Handle, foundInf: Handle, scaleGrowthFactor: number, scaleBackoffFactor: number, growthInterval: number): void {
    operators()._amp_update_scale_(self, growthTracker, foundInf, scaleGrowthFactor, scaleBackoffFactor, growthInterval);
  },
  /** item(Tensor self) -> Scalar */
  item(self: Handle): Scalar {
    return operators().item(self);
  },
  /** is_nonzero(Tensor self) -> bool */
  is_nonzero(self: Handle): boolean {
    return operators().is_nonzero(self);
  },
};
