//! Square patches of images as columns of a matrix, and back.

/// Which patches of an image there are. The image is `[channels, height, width]`; a patch of it for each of
/// `rows x columns` places, `stride` apart, the first `padding` outside of the image, where there are zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patches {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Patches {
    /// The values of one image.
    pub(crate) fn image(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The values of one patch.
    pub(crate) fn size(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }

    /// The number of patches.
    pub(crate) fn places(&self) -> usize {
        self.rows * self.columns
    }

    /// The patches of an image: `to` is `[size, places]`.
    pub(crate) fn gather(&self, image: &[f32], to: &mut [f32]) {
        self.for_each_row(|to_row, pixels, first, count| {
            let row = &mut to[to_row..to_row + self.columns];
            row[..first].fill(0.0);
            row[first + count..].fill(0.0);
            let from = pixels.map_or(&[][..], |start| &image[start..]);
            match self.stride {
                1 => row[first..first + count].copy_from_slice(&from[..count]),
                stride => {
                    for (to, from) in row[first..first + count].iter_mut().zip(from.iter().step_by(stride)) {
                        *to = *from;
                    }
                }
            }
        });
    }

    /// Adds each value of a patch to the pixel that [`Self::gather`] took it from.
    pub(crate) fn scatter(&self, patches: &[f32], image: &mut [f32]) {
        self.for_each_row(|row, pixels, first, count| {
            let Some(start) = pixels else { return };
            let from = &patches[row + first..row + first + count];
            for (to, from) in image[start..].iter_mut().step_by(self.stride).zip(from) {
                *to += *from;
            }
        });
    }

    /// Calls `f` for each row of places and each entry of a patch: with where the row lies among the
    /// patches, the first pixel it reaches (`None` where it reaches none), and which of its places do.
    fn for_each_row(&self, mut f: impl FnMut(usize, Option<usize>, usize, usize)) {
        let Self { kernel, stride, padding, .. } = *self;
        for entry in 0..self.size() {
            let (channel, of_kernel) = (entry / (kernel * kernel), entry % (kernel * kernel));
            let (down, right) = (of_kernel / kernel, of_kernel % kernel);
            // The places whose column of pixels lies inside the image.
            let first = padding.saturating_sub(right).div_ceil(stride).min(self.columns);
            let past = match (self.width + padding).checked_sub(right + 1) {
                Some(last) => (last / stride + 1).min(self.columns),
                None => 0,
            };
            let count = past.saturating_sub(first);
            for row in 0..self.rows {
                let to = entry * self.places() + row * self.columns;
                let y = (row * stride + down).checked_sub(padding).filter(|&y| y < self.height);
                match y {
                    Some(y) if count > 0 => {
                        let x = first * stride + right - padding;
                        f(to, Some((channel * self.height + y) * self.width + x), first, count);
                    }
                    _ => f(to, None, self.columns, 0),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCHES: [Patches; 4] = [
        Patches { channels: 1, height: 5, width: 4, kernel: 3, stride: 1, padding: 1, rows: 5, columns: 4 },
        Patches { channels: 2, height: 7, width: 6, kernel: 3, stride: 2, padding: 1, rows: 4, columns: 3 },
        Patches { channels: 3, height: 4, width: 5, kernel: 2, stride: 2, padding: 0, rows: 2, columns: 2 },
        Patches { channels: 1, height: 1, width: 1, kernel: 5, stride: 1, padding: 2, rows: 1, columns: 1 },
    ];

    #[test]
    fn patches_are_those_of_the_definition() {
        for patches in PATCHES {
            let image: Vec<f32> = (0..patches.image()).map(|i| i as f32 + 1.0).collect();
            let mut gathered = vec![-1.0; patches.size() * patches.places()];
            patches.gather(&image, &mut gathered);
            for (index, value) in gathered.into_iter().enumerate() {
                let (entry, place) = (index / patches.places(), index % patches.places());
                let k = patches.kernel;
                let (channel, down, right) = (entry / (k * k), entry / k % k, entry % k);
                let at = |place: usize, offset: usize| {
                    (place * patches.stride + offset) as isize - patches.padding as isize
                };
                let (y, x) = (at(place / patches.columns, down), at(place % patches.columns, right));
                let inside =
                    (0..patches.height as isize).contains(&y) && (0..patches.width as isize).contains(&x);
                let expected = if inside {
                    image[(channel * patches.height + y as usize) * patches.width + x as usize]
                } else {
                    0.0
                };
                assert_eq!(value, expected, "{patches:?} {index}");
            }
        }
    }

    #[test]
    fn scattering_is_the_transpose_of_gathering() {
        for patches in PATCHES {
            let image: Vec<f32> = (0..patches.image()).map(|i| (i as f32 * 0.7).sin()).collect();
            let columns: Vec<f32> =
                (0..patches.size() * patches.places()).map(|i| (i as f32 * 0.3).cos()).collect();
            let mut gathered = vec![0.0; columns.len()];
            patches.gather(&image, &mut gathered);
            let mut scattered = vec![0.0; image.len()];
            patches.scatter(&columns, &mut scattered);
            let product = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            };
            let (left, right) = (product(&gathered, &columns), product(&image, &scattered));
            assert!((left - right).abs() < 1e-4, "{patches:?} {left} {right}");
        }
    }
}
