//! The k nearest neighbours: what a space is worth to a classifier that learns nothing.

use autoencoder_core::{DataError, Source};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use crate::Answers;
use crate::arrays::{check_shape, extend, for_each_batch};

/// Examples that are compared at a time.
const BATCH: usize = 256;
/// Examples that each is compared with at a time.
const CHUNK: usize = 8192;

/// How often the vote of the `k` nearest of `train`, in Euclidean distance, is right about `test`. Of classes with as many
/// votes the one of the nearest neighbour wins.
///
/// # Errors
/// [`DataError::WrongShape`] where the two have other widths, or what reading says.
pub fn nearest_neighbours(
    train: &dyn Source,
    test: &dyn Source,
    k: usize,
    device: &Device,
) -> Result<Answers, DataError> {
    check_shape(&train.shape(), test)?;
    let (labels, right) = (train.labels().unwrap_or_default(), test.labels().unwrap_or_default());
    let mut known = Vec::new();
    for_each_batch(train, CHUNK, device, |chunk| {
        let norms = chunk.clone().powi_scalar(2).sum_dim(1).transpose();
        known.push((chunk.transpose(), norms));
    })?;
    let mut wrong = 0;
    let mut first = 0;
    for_each_batch(test, BATCH, device, |batch| {
        let rows = batch.dims()[0];
        let mut nearest = vec![Vec::<(f32, usize)>::new(); rows];
        for (index, (chunk, norms)) in known.iter().enumerate() {
            // The squared distance less the example's own norm, which is the same for all.
            let distances = norms.clone().expand([rows, norms.dims()[1]])
                - batch.clone().matmul(chunk.clone()).mul_scalar(2.0);
            let distances = values(distances);
            let width = distances.len() / rows.max(1);
            nearest.par_iter_mut().zip(distances.par_chunks(width.max(1))).for_each(
                |(nearest, distances)| {
                    keep(nearest, k, index * CHUNK, distances);
                },
            );
        }
        let votes = nearest.iter().zip(right.iter().skip(first));
        wrong += votes.filter(|(nearest, right)| vote(nearest, labels) != Some(**right)).count();
        first += rows;
    })?;
    Ok(Answers::new(test.len(), wrong as f64 / test.len().max(1) as f64, None))
}

/// Keeps the `k` nearest of those so far and of these, nearest first; of equal distances the first example.
fn keep(nearest: &mut Vec<(f32, usize)>, k: usize, first: usize, distances: &[f32]) {
    for (index, &distance) in distances.iter().enumerate() {
        if nearest.len() < k || nearest.last().is_some_and(|&(last, _)| distance < last) {
            let place = nearest.partition_point(|&(other, _)| other <= distance);
            nearest.insert(place, (distance, first + index));
            nearest.truncate(k);
        }
    }
}

fn vote(nearest: &[(f32, usize)], labels: &[i64]) -> Option<i64> {
    let votes = |label: i64| nearest.iter().filter(|(_, row)| labels[*row] == label).count();
    let most = nearest.iter().map(|(_, row)| votes(labels[*row])).max()?;
    nearest.iter().map(|(_, row)| labels[*row]).find(|&label| votes(label) == most)
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    let mut values = Vec::new();
    extend(&mut values, tensor);
    values
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::Rows;
    use autoencoder_core::{Seed, standard_normal};

    use super::*;

    fn labelled(count: usize, seed: u64) -> (Vec<f32>, Vec<i64>) {
        let values: Vec<f32> =
            standard_normal([count, 3], Seed::new(seed), &Device::flex()).into_data().iter().collect();
        let labels = values.chunks(3).map(|row| i64::from(row[0] > 0.0) + i64::from(row[1] > 0.5)).collect();
        (values, labels)
    }

    #[test]
    fn votes_are_those_of_all_distances_sorted() {
        let ((train, of_train), (test, of_test)) = (labelled(9000, 1), labelled(300, 2));
        let sources = [
            Rows::new(3, train.clone()).with_labels(of_train.clone()),
            Rows::new(3, test.clone()).with_labels(of_test.clone()),
        ];
        for k in [1, 5] {
            let answers = nearest_neighbours(&sources[0], &sources[1], k, &Device::flex()).expect("as wide");
            let wrong = test.chunks(3).zip(&of_test).filter(|(row, right)| {
                let distance =
                    |other: &[f32]| row.iter().zip(other).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
                let mut all: Vec<(f64, i64)> =
                    train.chunks(3).map(distance).zip(of_train.iter().copied()).collect();
                all.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut counts = [0; 3];
                all[..k].iter().for_each(|(_, label)| counts[*label as usize] += 1);
                let most = counts.iter().max().expect("three");
                let winner = all[..k].iter().find(|(_, label)| counts[*label as usize] == *most);
                winner.map(|(_, label)| label) != Some(*right)
            });
            assert_eq!(answers.error, wrong.count() as f64 / 300.0, "{k}");
            assert!(answers.error > 0.0 && answers.error < 0.2, "{}", answers.error);
        }
    }
}
