//! The set `basic` of Larochelle et al. 2007: MNIST with fewer digits to learn from.

use super::variation;
use crate::{DataSet, DatasetError, Request};

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    variation("mnist-basic", request, |digit, _| *digit)
}
