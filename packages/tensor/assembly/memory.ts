/** Loads and stores by name: arguments of a step are 32-bit words. */
// @ts-ignore: decorator
@inline export function word(args: usize, index: i32): i32 { return load<i32>(args + (<usize>index << 2)); }
// @ts-ignore: decorator
@inline export function address(args: usize, index: i32): usize { return <usize>load<u32>(args + (<usize>index << 2)); }
// @ts-ignore: decorator
@inline export function real(args: usize, index: i32): f32 { return load<f32>(args + (<usize>index << 2)); }

/** a * b + c: one rounding where the machine has relaxed SIMD, two otherwise. */
// @ts-ignore: decorator
@inline export function mulAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
