//! Codes of many units in the plane.

/// t-SNE of codes, `[rows, size]` row by row, in two dimensions (van der Maaten 2014), begun at `plane`, two coordinates a row,
/// so that it is the same each time where no distances are equal. `None` for codes of two units or fewer, for fewer than 100
/// rows, and where a value is not finite or all of the plane is 0.
pub fn tsne(codes: &[f32], size: usize, plane: &[(f64, f64)]) -> Option<Vec<(f64, f64)>> {
    const PERPLEXITY: f32 = 30.0;
    const LEAST: usize = 100;
    let greatest = plane.iter().fold(0.0_f64, |most, (x, y)| most.max(x.abs()).max(y.abs()));
    let is_finite = codes.iter().all(|code| code.is_finite()) && greatest.is_finite();
    if size <= 2 || plane.len() < LEAST || !is_finite || greatest == 0.0 {
        return None;
    }
    let begun: Vec<f32> = plane
        .iter()
        .flat_map(|(x, y)| [(1e-2 * x / greatest) as f32, (1e-2 * y / greatest) as f32])
        .collect();
    let rows: Vec<&[f32]> = codes.chunks_exact(size).collect();
    let distance =
        |a: &&[f32], b: &&[f32]| a.iter().zip(*b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
    // Alone: several threads would add in the order in which they come.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().ok()?;
    alone.install(|| {
        let mut embedding = bhtsne::tSNE::<f32, &[f32], 2>::new(&rows);
        embedding.perplexity(PERPLEXITY).epochs(500).initial_embedding(begun).barnes_hut(0.5, distance);
        let pairs = embedding.embedding();
        Some(pairs.chunks_exact(2).map(|pair| (f64::from(pair[0]), f64::from(pair[1]))).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_stay_together_and_the_same_each_time() {
        // Two clusters in five dimensions that differ in the last, and whose other units are noise.
        let code = |row: usize, unit: usize| {
            let noise = ((5 * row + unit + 1) as f32 * 12.9898).sin();
            noise + if unit == 4 && row % 2 == 1 { 5.0 } else { 0.0 }
        };
        let codes: Vec<f32> = (0..200).flat_map(|row| (0..5).map(move |unit| code(row, unit))).collect();
        let points: Vec<(f64, f64)> =
            codes.chunks_exact(5).map(|code| (f64::from(code[0]), f64::from(code[1]))).collect();
        let embedded = tsne(&codes, 5, &points).expect("enough points");
        let nearest = |row: usize| {
            let away = |other: &usize| {
                (embedded[row].0 - embedded[*other].0).hypot(embedded[row].1 - embedded[*other].1)
            };
            (0..200).filter(|other| *other != row).min_by(|a, b| away(a).total_cmp(&away(b)))
        };
        assert!((0..200).all(|row| nearest(row).is_some_and(|other| other % 2 == row % 2)));
        assert_eq!(tsne(&codes, 5, &points), Some(embedded));
        assert_eq!(tsne(&codes, 2, &points), None);
        assert_eq!(tsne(&codes, 5, &vec![(0.0, 0.0); 200]), None);
    }
}
