//! Elementary functions of f32 without branches, so that a loop over them becomes vector instructions of
//! whatever set it is compiled for. NaN stays NaN.
#![allow(clippy::excessive_precision, reason = "coefficients as they are published")]

/// `ln 2` in two parts, of which the first has so few digits that its multiples are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Added and taken off again it leaves a number rounded to an integer, which its last bits then hold.
const ROUNDING: f32 = 12_582_912.0;
/// `1 / sqrt(2 pi)`.
const DENSITY: f32 = 0.398_942_28;

/// `c_0 + c_1 x + ...`.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    coefficients.into_iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// `exp(x)` to 2e-7 relative, for `x` up to 88; below -87 the least normal number.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUNDING;
    let k = rounded - ROUNDING;
    let r = x - k * LN_2_HIGH - k * LN_2_LOW;
    let tail = polynomial(r, [0.5, 0.166_666_65, 4.166_579_6e-2, 8.333_452e-3, 1.398_2e-3, 1.987_569_2e-4]);
    let power = rounded.to_bits().wrapping_sub(ROUNDING.to_bits()).wrapping_add(127) << 23;
    (tail * r * r + r + 1.0) * f32::from_bits(power)
}

/// `1 / (1 + exp(-x))` to 3e-7 relative.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    let s = 1.0 / (1.0 + e);
    if x < 0.0 { e * s } else { s }
}

/// `ln(1 + exp(x))` to 3e-7 relative.
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

/// `ln(1 + e)` for `e` in `[0, 1]`.
#[inline(always)]
fn ln_1p(e: f32) -> f32 {
    // ln(1 + e) = ln 2 + ln(1 + (e - 1) / 2), whichever argument is nearer to 1.
    let far = e > 0.414_213_56;
    let x = if far { 0.5 * (e - 1.0) } else { e };
    let tail = polynomial(
        x,
        [
            0.333_333_3,
            -0.249_999_94,
            0.200_007_15,
            -0.166_680_58,
            0.142_493_23,
            -0.124_201_41,
            0.116_769_99,
            -0.115_146_1,
            7.037_683_6e-2,
        ],
    );
    let near = x + x * x * (x * tail - 0.5);
    if far { near + std::f32::consts::LN_2 } else { near }
}

/// The hyperbolic tangent to 3e-7 relative.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let z = x * x;
    let small = x + x
        * z
        * polynomial(z, [-0.333_332_8, 0.133_314_42, -5.373_971_6e-2, 2.063_908_9e-2, -5.704_988_7e-3]);
    let e = exp(-2.0 * x.abs());
    let large = (1.0 - e) / (1.0 + e);
    let large = if x < 0.0 { -large } else { large };
    if x.abs() < 0.625 { small } else { large }
}

/// `Φ(x)` to 3e-7 absolute, and the density `φ(x)` (Abramowitz and Stegun 1964, 26.2.17).
#[inline(always)]
pub(crate) fn normal(x: f32) -> (f32, f32) {
    let e = exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let tail = polynomial(t, [0.0, 0.319_381_54, -0.356_563_78, 1.781_477_9, -1.821_255_9, 1.330_274_4]);
    let density = DENSITY * e;
    let beyond = density * tail;
    (if x < 0.0 { beyond } else { 1.0 - beyond }, density)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The greatest relative deviation from `exact` for arguments from `low` to `high`.
    fn deviation(ours: fn(f32) -> f32, exact: fn(f64) -> f64, low: f32, high: f32) -> f64 {
        const STEPS: usize = 200_000;
        let at = |step: usize| low + (high - low) * step as f32 / STEPS as f32;
        (0..=STEPS).fold(0.0, |worst: f64, step| {
            let (ours, exact) = (f64::from(ours(at(step))), exact(f64::from(at(step))));
            worst.max((ours - exact).abs() / exact.abs().max(f64::from(f32::MIN_POSITIVE)))
        })
    }

    #[test]
    fn functions_are_as_near_as_they_say() {
        let sigmoid_of = |x: f64| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) };
        let softplus_of = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        for (name, worst, allowed) in [
            ("exp", deviation(exp, f64::exp, -86.9, 87.9), 2e-7),
            ("sigmoid", deviation(sigmoid, sigmoid_of, -86.0, 60.0), 3e-7),
            ("softplus", deviation(softplus, softplus_of, -86.0, 60.0), 3e-7),
            ("tanh", deviation(tanh, f64::tanh, -12.0, 12.0), 3e-7),
        ] {
            assert!(worst < allowed, "{name} {worst:e}");
        }
    }

    #[test]
    fn the_normal_distribution_is_that_of_its_integral() {
        // Simpson's rule from far below.
        let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        let (mut sum, step) = (0.0, 1e-3);
        let mut x = -9.0;
        while x < 9.0 {
            let (ours, height) = normal(x as f32);
            assert!((f64::from(ours) - sum).abs() < 3e-7, "{x} {ours} {sum}");
            assert!((f64::from(height) - density(x)).abs() < 2e-7);
            sum += step / 6.0 * (density(x) + 4.0 * density(x + step / 2.0) + density(x + step));
            x += step;
        }
    }

    #[test]
    fn limits_stay_finite_where_they_are_and_nan_stays_nan() {
        for far in [1e4_f32, f32::MAX, f32::INFINITY] {
            assert_eq!((sigmoid(far), tanh(far), softplus(far)), (1.0, 1.0, far));
            assert!(sigmoid(-far) < 1e-37 && softplus(-far) < 1e-37);
            assert_eq!(tanh(-far), -1.0);
            assert_eq!(normal(far).0, 1.0);
            assert!(normal(-far).0 < 1e-37);
        }
        for function in [exp, sigmoid, softplus, tanh, |x| normal(x).0] {
            assert!(function(f32::NAN).is_nan());
        }
        for tiny in [0.0_f32, -0.0, 1e-40, -1e-40] {
            assert_eq!((exp(tiny), sigmoid(tiny), tanh(tiny)), (1.0, 0.5, tiny));
        }
    }
}
