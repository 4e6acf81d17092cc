//! The k nearest neighbours: what a space is worth to a classifier that learns nothing, and how far a row is from what has
//! been seen.

use autoencoder_core::{DataError, Source};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::Answers;
use crate::arrays::{check_shape, extend, for_each_batch};

/// Examples that are compared at a time.
const BATCH: usize = 256;
/// Examples that each is compared with at a time.
const CHUNK: usize = 8192;

/// Candidates that are looked at exactly beyond those asked for: products of single precision may misplace a near one.
const SPARE: usize = 8;

/// Rows among which the nearest of others are found, by a product of blocks and then exactly.
pub struct Neighbours {
    rows: Vec<f32>,
    width: usize,
    /// The mean row: squared norms about it are small, and single precision holds their differences.
    centre: Vec<f32>,
    /// Blocks of rows less the mean as `[width, rows]`, and their squared norms, `[1, rows]`.
    blocks: Vec<(Tensor<2>, Tensor<2>)>,
    device: Device,
}

/// A row among those of [`Neighbours`], and its squared Euclidean distance.
pub type Neighbour = (f64, usize);

impl Neighbours {
    /// Rows of `width` numbers, one after the other.
    pub fn new(rows: Vec<f32>, width: usize, device: &Device) -> Self {
        let centre = mean(&rows, width);
        let blocks = rows.chunks(CHUNK * width).map(|chunk| {
            let block = tensor(&centred(chunk, &centre), width, device);
            let norms = block.clone().powi_scalar(2).sum_dim(1).transpose();
            (block.transpose(), norms)
        });
        Self { blocks: blocks.collect(), rows, width, centre, device: device.clone() }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len() / self.width.max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The `k` nearest of each of `queries`, one after the other, nearest first; of equal distances the first row.
    pub fn nearest(&self, queries: &[f32], k: usize) -> Vec<Vec<Neighbour>> {
        queries.chunks(BATCH * self.width.max(1)).flat_map(|batch| self.of_batch(batch, k)).collect()
    }

    /// The mean distance of each of `queries` to its `k` nearest. A query that is one of the rows is not its own
    /// neighbour: what has been seen before would be the more normal for it alone.
    ///
    /// ```
    /// use autoencoder_eval::Neighbours;
    /// use burn::tensor::Device;
    ///
    /// let known = Neighbours::new(vec![0.0, 1.0, 10.0], 1, &Device::flex());
    /// let far = known.mean_distances(&[0.5, 100.0], 2);
    /// assert!(far[0] < far[1]);
    /// ```
    pub fn mean_distances(&self, queries: &[f32], k: usize) -> Vec<f64> {
        let others = |nearest: Vec<Neighbour>| {
            let own = usize::from(nearest.first().is_some_and(|(distance, _)| *distance == 0.0));
            let distances = nearest.iter().skip(own).take(k).map(|(squared, _)| squared.sqrt());
            let count = distances.len().max(1) as f64;
            distances.sum::<f64>() / count
        };
        self.nearest(queries, k + 1).into_iter().map(others).collect()
    }

    fn of_batch(&self, batch: &[f32], k: usize) -> Vec<Vec<Neighbour>> {
        let queries = tensor(&centred(batch, &self.centre), self.width, &self.device);
        let rows = queries.dims()[0];
        let mut candidates = vec![Vec::<(f32, usize)>::new(); rows];
        for (index, (block, norms)) in self.blocks.iter().enumerate() {
            // The squared distance less the query's own norm, which is the same for all.
            let distances = norms.clone().expand([rows, norms.dims()[1]])
                - queries.clone().matmul(block.clone()).mul_scalar(2.0);
            let distances = values(distances);
            let width = distances.len() / rows.max(1);
            candidates
                .par_iter_mut()
                .zip(distances.par_chunks(width.max(1)))
                .for_each(|(nearest, distances)| keep(nearest, k + SPARE, index * CHUNK, distances));
        }
        let exact = |(query, candidates): (&[f32], Vec<(f32, usize)>)| {
            let mut exact: Vec<Neighbour> =
                candidates.into_iter().map(|(_, row)| (self.squared_distance(query, row), row)).collect();
            exact.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            exact.truncate(k);
            exact
        };
        batch.par_chunks(self.width.max(1)).zip(candidates).map(exact).collect()
    }

    fn squared_distance(&self, query: &[f32], row: usize) -> f64 {
        let row = &self.rows[row * self.width..(row + 1) * self.width];
        query.iter().zip(row).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
    }
}

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
    for_each_batch(train, CHUNK, device, |chunk| extend(&mut known, chunk))?;
    let known = Neighbours::new(known, train.shape().features(), device);
    let (mut wrong, mut first) = (0, 0);
    for_each_batch(test, BATCH, device, |batch| {
        let nearest = known.nearest(&values(batch), k);
        let votes = nearest.iter().zip(right.iter().skip(first));
        wrong += votes.filter(|(nearest, right)| vote(nearest, labels) != Some(**right)).count();
        first += nearest.len();
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

fn vote(nearest: &[Neighbour], labels: &[i64]) -> Option<i64> {
    let votes = |label: i64| nearest.iter().filter(|(_, row)| labels[*row] == label).count();
    let most = nearest.iter().map(|(_, row)| votes(labels[*row])).max()?;
    nearest.iter().map(|(_, row)| labels[*row]).find(|&label| votes(label) == most)
}

fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; width];
    for row in rows.chunks_exact(width) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let count = (rows.len() / width).max(1) as f64;
    sums.into_iter().map(|sum| (sum / count) as f32).collect()
}

fn centred(rows: &[f32], centre: &[f32]) -> Vec<f32> {
    rows.chunks_exact(centre.len()).flat_map(|row| row.iter().zip(centre).map(|(x, m)| x - m)).collect()
}

fn tensor(rows: &[f32], width: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(rows.to_vec(), [rows.len() / width.max(1), width]), device)
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
    fn distances_are_exact_and_a_row_is_not_its_own_neighbour() {
        let (rows, _) = labelled(9000, 3);
        // Far from the origin a product of single precision alone would lose the distances.
        let rows: Vec<f32> = rows.into_iter().map(|value| value + 300.0).collect();
        let neighbours = Neighbours::new(rows.clone(), 3, &Device::flex());
        let mut queries = rows[..30].to_vec();
        queries.extend([300.5, 299.5, 300.25]);
        let ours = neighbours.mean_distances(&queries, 3);
        for (query, ours) in queries.chunks(3).zip(ours) {
            let distance = |row: &[f32]| {
                row.iter().zip(query).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
            };
            let mut all: Vec<f64> = rows.chunks(3).map(distance).filter(|distance| *distance > 0.0).collect();
            all.sort_by(f64::total_cmp);
            let exact = all[..3].iter().sum::<f64>() / 3.0;
            assert!((ours - exact).abs() < 1e-6 * exact, "{ours} {exact}");
        }
        assert_eq!(Neighbours::new(vec![1.0, 2.0], 2, &Device::flex()).mean_distances(&[1.0, 2.0], 3), [0.0]);
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
