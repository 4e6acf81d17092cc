//! Elementary functions of f32 without branches or calls, so that loops over them become vector code.
//!
//! Only additions, multiplications, divisions and bit operations, never fused: the bits are the same
//! whichever instruction set the loop was compiled for.

/// `e^x` within 2 units in the last place, denormal results within one step of the denormals; 0 below
/// -104, infinite above 88.73, NaN for NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 2^23 rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts; the products of the first with the integers needed here are exact.
    const LN_2_HIGH: f32 = 0.693_359_375;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < -104.0 { -104.0 } else { x };
    let x = if x > 89.0 { 89.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let tail = polynomial(r, [0.5, 0.166_665_73, 0.041_666_362, 0.008_363_769, 0.001_394_215_3]);
    let power = (r * r * tail + r) + 1.0;
    // 2^n as two factors: the exponent of one number cannot hold the denormals nor 2^128.
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    power * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `1 / (1 + e^-x)` within 4 units in the last place above -87, and 1e-38 below.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `tanh x` within 4 units in the last place.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let square = x * x;
    // Cephes' tanhf below 0.625, where the quotient would lose digits.
    let near =
        polynomial(square, [-0.333_332_82, 0.133_314_42, -0.053_739_715, 0.020_639_09, -0.005_704_988_7]);
    let near = x * square * near + x;
    let far = 1.0 - 2.0 / (exp(2.0 * x.abs()) + 1.0);
    if x.abs() < 0.625 { near } else { far.copysign(x) }
}

/// `ln(1 + e^x)` within 4 units in the last place above -87, and 1e-38 below.
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    // ln(1 + e) = 2 artanh(s), s = e / (2 + e) in [0, 1/3], with e at most 1.
    let e = exp(-x.abs());
    let s = e / (2.0 + e);
    let series = polynomial(s * s, [1.0, 0.333_331_57, 0.200_124_55, 0.139_803_01, 0.140_891_68]);
    (if x < 0.0 { 0.0 } else { x }) + 2.0 * s * series
}

/// The normal distribution function `Φ(x)`, within 5e-7 of it relatively for `x` above -4, and
/// `e^(-x²/2)`.
#[inline(always)]
pub(crate) fn normal(x: f32) -> (f32, f32) {
    let e = exp(-0.5 * (x * x));
    // Φ(-|x|) e^(x²/2) in t = 1 / (1 + 0.28 |x|): minimax polynomial of relative error 6e-8 up to 14,
    // beyond which e^(-x²/2) is 0.
    let t = 1.0 / (1.0 + 0.28 * x.abs());
    let scaled = polynomial(
        t,
        [
            0.111_689_36,
            0.111_959_68,
            0.101_177_695,
            0.091_125_02,
            0.055_468_197,
            0.017_690_174,
            0.072_500_21,
            -0.084_666_28,
            0.023_055_976,
        ],
    );
    let below = e * (t * scaled);
    (if x < 0.0 { below } else { 1.0 - below }, e)
}

/// `Σ_i c_i x^i`.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum * x + coefficient;
    }
    sum
}

/// `2^n` for `n` in `-126..=127`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The greatest error relative to `unit(expected)`, over `steps` values from `low` to `high`.
    fn worst(range: (f64, f64), ours: fn(f32) -> f32, expected: fn(f64) -> f64, floor: f64) -> f64 {
        const STEPS: usize = 400_001;
        let (low, high) = range;
        let error = |step: usize| {
            let x = (low + (high - low) * step as f64 / (STEPS - 1) as f64) as f32;
            let expected = expected(f64::from(x));
            (f64::from(ours(x)) - expected).abs() / expected.abs().max(floor)
        };
        (0..STEPS).map(error).fold(0.0, f64::max)
    }

    /// Half the distance between neighbouring f32, relatively, times two.
    const ULP: f64 = f32::EPSILON as f64;

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        let error = worst((-87.3, 88.72), exp, f64::exp, 0.0);
        assert!(error < 2.0 * ULP, "{error:e}");
    }

    #[test]
    fn exp_reaches_denormals_and_keeps_the_limits() {
        for step in 0..1700 {
            let x = -104.0 + step as f32 * 0.01;
            let error = (f64::from(exp(x)) - f64::from(x).exp()).abs();
            assert!(error <= 1.5e-45, "{x} {error:e}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-0.0), 1.0);
        assert_eq!(exp(f32::from_bits(1)), 1.0);
        assert_eq!([exp(-105.0), exp(f32::MIN), exp(f32::NEG_INFINITY)], [0.0; 3]);
        assert_eq!([exp(88.73), exp(f32::MAX), exp(f32::INFINITY)], [f32::INFINITY; 3]);
        assert!(exp(88.72).is_finite());
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn sigmoid_tanh_and_softplus_are_within_four_units_in_the_last_place() {
        for (name, error) in [
            ("sigmoid", worst((-87.0, 90.0), sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 0.0)),
            ("sigmoid near 0", worst((-5.0, 5.0), sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 0.0)),
            ("tanh", worst((-20.0, 20.0), tanh, f64::tanh, 0.0)),
            ("tanh near 0", worst((-1e-3, 1e-3), tanh, f64::tanh, 0.0)),
            ("softplus", worst((-87.0, 100.0), softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), 0.0)),
            ("softplus near 0", worst((-5.0, 5.0), softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), 0.0)),
        ] {
            assert!(error < 4.0 * ULP, "{name} {error:e}");
        }
    }

    #[test]
    fn extreme_arguments_saturate() {
        for x in [200.0, f32::MAX, f32::INFINITY] {
            assert_eq!([sigmoid(x), sigmoid(-x)], [1.0, 0.0]);
            assert_eq!([tanh(x), tanh(-x)], [1.0, -1.0]);
            assert_eq!([softplus(x), softplus(-x)], [x, 0.0]);
            assert_eq!([normal(x), normal(-x)], [(1.0, 0.0), (0.0, 0.0)]);
        }
        assert_eq!([sigmoid(0.0), tanh(0.0)], [0.5, 0.0]);
        assert!(
            [sigmoid(f32::NAN), tanh(f32::NAN), softplus(f32::NAN), normal(f32::NAN).0]
                .iter()
                .all(|y| y.is_nan())
        );
    }

    #[test]
    fn the_normal_distribution_function_agrees_with_its_density_integrated() {
        // Simpson's rule in f64 from -14, where Φ is below 1e-44.
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        const STEP: f64 = 1.0 / 256.0;
        let (mut x, mut integral) = (-14.0, 7.793_536_819e-45);
        while x < 6.0 {
            integral += STEP / 6.0 * (density(x) + 4.0 * density(x + STEP / 2.0) + density(x + STEP));
            x += STEP;
            let error = (f64::from(normal(x as f32).0) / integral - 1.0).abs();
            // The rounding of x²/2 in the exponent grows with it.
            let bound = 5e-7_f64.max(x * x * 6e-8);
            assert!(x < -13.0 || error < bound, "{x} {error:e}");
        }
    }
}
