//! The set `bg-rand` of Larochelle et al. 2007: digits of MNIST on noise, each pixel of the background uniform in
//! `0..=255`. How the original joined the two is not known; here a pixel is the lighter of them. Noise only where there is no
//! ink at all would leave the dark rims of the strokes as they are, and a support vector machine finds such a set much harder
//! than the paper's, this one about as hard.

use rand::RngExt;

use super::variation;
use crate::{DataSet, DatasetError, Request};

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    variation("mnist-bg-rand", request, |digit, seed| {
        let mut rng = seed.rng();
        digit.map(|pixel| pixel.max(rng.random()))
    })
}
