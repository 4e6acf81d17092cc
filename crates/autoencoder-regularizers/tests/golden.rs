//! Agreement of the penalties on the code with PyTorch, to 1e-5 of the largest entry. The file is made by
//! `cargo xtask golden`.

use std::collections::BTreeMap;

use autoencoder_core::Penalty;
use autoencoder_core::testing::{NoFacts, pass_of_code};
use autoencoder_regularizers::penalties::{Kl, L1, Orthogonal};
use burn::tensor::{Device, Tensor};

#[derive(serde::Deserialize)]
struct Golden {
    rho: f64,
    h: [[f32; 4]; 6],
    penalties: BTreeMap<String, Expected>,
}

#[derive(serde::Deserialize)]
struct Expected {
    value: f64,
    gradient: [[f64; 4]; 6],
}

#[test]
fn penalties_and_their_gradients_agree_with_pytorch() {
    let golden: Golden = serde_json::from_str(include_str!("golden/golden.json")).expect("golden values");
    let penalties: [Box<dyn Penalty>; 3] = [
        Box::new(L1::default()),
        Box::new(Kl { rho: golden.rho, ..Kl::default() }),
        Box::new(Orthogonal::default()),
    ];
    assert_eq!(golden.penalties.len(), penalties.len());
    for penalty in penalties {
        let Expected { value, gradient } = &golden.penalties[penalty.name()];
        let h = Tensor::<2>::from_data(golden.h, &Device::flex().autodiff()).require_grad();
        let term = penalty.term(&NoFacts, &pass_of_code(h.clone()));
        let ours = f64::from(term.clone().into_scalar::<f32>());
        assert!((ours - value).abs() <= 1e-5 * value.abs(), "{}: {ours} {value}", penalty.name());
        let ours = h.grad(&term.backward()).expect("a gradient").into_data();
        let golden = gradient.iter().flatten();
        let scale = golden.clone().fold(0.0_f64, |scale, value| scale.max(value.abs()));
        for (ours, golden) in ours.iter::<f64>().zip(golden) {
            assert!((ours - golden).abs() <= 1e-5 * scale, "{}: {ours} {golden}", penalty.name());
        }
    }
}
