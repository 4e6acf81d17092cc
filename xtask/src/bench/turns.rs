//! Turns that sides take at one workload, until their ratio is known well enough.

use super::table::median;

/// The times of a step, turn by turn.
pub(super) struct Turns {
    ours: Vec<Vec<f64>>,
    /// Peer by peer.
    theirs: Vec<Vec<Vec<f64>>>,
}

impl Turns {
    /// None yet, with so many peers.
    pub(super) fn new(peers: usize) -> Self {
        Self { ours: Vec::new(), theirs: vec![Vec::new(); peers] }
    }

    /// How many there were.
    pub(super) fn count(&self) -> usize {
        self.ours.len()
    }

    /// Adds one of each side.
    pub(super) fn push(&mut self, ours: Vec<f64>, theirs: Vec<Vec<f64>>) {
        self.ours.push(ours);
        self.theirs.iter_mut().zip(theirs).for_each(|(all, times)| all.push(times));
    }

    /// The median of our steps.
    pub(super) fn ours(&self) -> f64 {
        median(self.ours.concat())
    }

    /// The fastest peer and the median of its steps.
    pub(super) fn best_peer(&self) -> Option<(usize, f64)> {
        let medians = self.theirs.iter().map(|turns| median(turns.concat())).enumerate();
        medians.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Half the width of the 95 % interval of the ratio to the fastest peer, relative to it: from the ratios of the medians
    /// of single turns, which saw the machine at nearly the same time.
    pub(super) fn interval(&self) -> Option<f64> {
        let (best, _) = self.best_peer()?;
        let turns = self.ours.iter().zip(&self.theirs[best]);
        let logarithms: Vec<f64> =
            turns.map(|(ours, theirs)| (median(theirs.clone()) / median(ours.clone())).ln()).collect();
        let count = logarithms.len() as f64;
        if count < 2.0 {
            return Some(f64::INFINITY);
        }
        let mean = logarithms.iter().sum::<f64>() / count;
        let variance = logarithms.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Some(1.96 * (variance / count).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_of_the_ratios_of_turns_to_the_fastest_peer() {
        let mut turns = Turns::new(2);
        assert_eq!(turns.count(), 0);
        // Turns twice as slow as others leave the ratio alone.
        for scale in [1.0, 2.0, 1.0] {
            turns.push(vec![scale; 3], vec![vec![9.0 * scale; 3], vec![3.0 * scale; 3]]);
        }
        assert_eq!((turns.ours(), turns.best_peer()), (1.0, Some((1, 3.0))));
        assert!(turns.interval().expect("peers") < 1e-9);
        turns.push(vec![1.0], vec![vec![9.0], vec![6.0]]);
        let half = turns.interval().expect("peers");
        let deviation = 2.0_f64.ln() / 2.0;
        assert!((half - 1.96 * deviation / 2.0).abs() < 1e-9, "{half}");
        assert_eq!(Turns::new(0).interval(), None);
    }
}
