//! The set `bg-rand` of Larochelle et al. 2007: digits of MNIST on noise, each pixel of the background uniform in
//! `0..=255`. What the original took for background is not known; here it is what has no ink at all.

use rand::RngExt;

use super::variation;
use crate::{DataSet, DatasetError, Request};

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    variation("mnist-bg-rand", request, |digit, seed| {
        let mut rng = seed.rng();
        digit.map(|pixel| if pixel == 0 { rng.random() } else { pixel })
    })
}
