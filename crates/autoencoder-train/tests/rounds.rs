//! Steps of several rounds, and state that no gradient moves: over parts of a batch, devices, checkpoints and kills.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::testing::Rows;
use autoencoder_core::{
    Autoencoder, Code, ExampleShape, Facts, Loss, Moment, OutputActivation, Pass, Seen, Source, SquaredError,
};
use autoencoder_train::{
    Batch, Checkpoints, Constant, Display, Fit, Fitted, Goal, Objective, ObjectiveSpec, OptimizerConfig,
    Reconstruction, Round, ScheduleConfig, Select, SgdConfig, Start, Stopped, TrainConfig, TrainError, fit,
};
use burn::module::{Module, Param, ParamGroup};
use burn::tensor::{Device, Tensor};

const LOSS: Loss = Loss::SquaredError(SquaredError { output: OutputActivation::Identity });

/// `h = x W`, `x^ = h Wᵀ`, a critic that the map knows nothing of, and two counters.
#[derive(Module, Debug)]
struct Counting {
    weight: Param<Tensor<2>>,
    critic: Param<Tensor<1>>,
    /// The examples whose code was positive, `[1, 1]`.
    fired: Param<Tensor<2>>,
    /// The sum of the last rows that were seen, `[1, 3]`.
    last: Param<Tensor<2>>,
    #[module(skip)]
    shape: ExampleShape,
}

impl Counting {
    fn new() -> Self {
        let device = Device::flex();
        let state = |width| Param::from_tensor(Tensor::zeros([1, width], &device)).set_require_grad(false);
        Self {
            weight: Param::from_tensor(Tensor::from_data([[0.5], [-0.1], [0.2]], &device)),
            critic: Param::from_tensor(Tensor::zeros([1], &device)),
            fired: state(1),
            last: state(3),
            shape: ExampleShape::Flat(3),
        }
    }

    /// The weights, the critic, and the counters.
    fn values(&self) -> [Vec<f32>; 4] {
        let of = |tensor: Tensor<2>| tensor.into_data().iter().collect();
        let critic = self.critic.val().into_data().iter().collect();
        [of(self.weight.val()), critic, of(self.fired.val()), of(self.last.val())]
    }
}

impl Autoencoder for Counting {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        1
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        Code::new(x.matmul(self.weight.val()))
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        h.matmul(self.weight.val().transpose())
    }

    fn seen(&self, pass: &Pass) -> Seen {
        let fired = pass.code.h.clone().greater_elem(0.0).float().sum_dim(0);
        Seen::nothing().with_sum("fired", fired).with_rows("clean", pass.clean.clone())
    }

    fn after_step(self, seen: &Seen) -> Self {
        let (Some(fired), Some(clean)) = (seen.sum("fired"), seen.rows("clean")) else { return self };
        Self {
            fired: self.fired.map(|before| before + fired),
            last: self.last.map(|_| clean.sum_dim(0)),
            ..self
        }
    }
}

impl Facts for Counting {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        vec![self.weight.val()]
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }
}

/// Reconstruction, after a critic that learns the number one.
struct Judged {
    reconstruction: Reconstruction,
    rounds: Vec<Round>,
}

impl Goal<Counting> for Judged {
    fn check(&self, model: &Counting, part: &'static str, source: &dyn Source) -> Result<(), TrainError> {
        self.reconstruction.check(model, part, source)
    }

    fn rounds(&self) -> Vec<Round> {
        self.rounds.clone()
    }

    fn learn(&self, round: &Round, model: &Counting, batch: Batch, moment: Moment) -> Objective {
        let mut value = self.reconstruction.learn(round, model, batch, moment);
        if round.name != Round::MODEL {
            let error = model.critic.val() - 1.0;
            value.total = (error.clone() * error).mul_scalar(0.5) + value.total.mul_scalar(0.0);
            (value.terms, value.seen) = (Vec::new(), Seen::nothing());
        }
        value
    }

    fn judge(&self, model: &Counting, batch: Batch, moment: Moment) -> Objective {
        self.reconstruction.judge(model, batch, moment)
    }

    fn after_step(&self, model: Counting, seen: &Seen) -> Counting {
        model.after_step(seen)
    }
}

fn sgd(learning_rate: f64) -> OptimizerConfig {
    OptimizerConfig::Sgd(SgdConfig { learning_rate, momentum: 0.0, nesterov: false })
}

/// The critic every third batch with an optimiser of its own, then the model.
fn two_rounds() -> Vec<Round> {
    let critic = Round::of("critic", ParamGroup::from_path("critic"));
    vec![Round { every: 3, optimizer: Some(sgd(0.1)), ..critic }, Round::model()]
}

fn points(count: usize) -> Rows {
    let point = |i: usize| {
        let along = (i as f32 * 0.7).sin();
        [0.8 * along + 0.1, 0.53 * along - 0.1, 0.27 * along]
    };
    Rows::new(3, (0..count).flat_map(point).collect())
}

fn plan(folder: &Path, rounds: Vec<Round>) -> Fit<'static, Counting, Judged> {
    let goal =
        Judged { reconstruction: Reconstruction::new(ObjectiveSpec::plain(LOSS), Select::Last), rounds };
    let schedule = ScheduleConfig::Constant(Constant::default());
    let config =
        TrainConfig { epochs: 2, batch_size: 16, schedule, select: Select::Last, ..Default::default() };
    Fit { config, ..Fit::new(goal, Arc::new(points(100)), Arc::new(points(30)), folder) }
}

fn train(plan: Fit<'_, Counting, Judged>) -> Fitted<Counting> {
    fit(Counting::new(), plan).expect("trained")
}

#[test]
fn rounds_move_their_own_parameters_and_draw_from_their_own_seeds() {
    let trained = |rounds| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fitted = train(plan(folder.path(), rounds));
        (fitted.model.values(), fitted.history.epochs[1].clone())
    };
    let (alone, _) = trained(vec![Round::model()]);
    let (both, record) = trained(two_rounds());
    // The critic has no influence, so the model is the one without it, to the bit.
    assert_eq!(both[0], alone[0]);
    assert_ne!(both[0], Counting::new().values()[0]);
    // Fourteen batches, of which the critic takes numbers 0, 3, 6, 9 and 12.
    assert!((both[1][0] - (1.0 - 0.9_f32.powi(5))).abs() < 1e-6, "{both:?}");
    assert_eq!(alone[1], [0.0]);
    // Only the model's round says what it has seen, so nothing is counted twice.
    assert_eq!(both[2..], alone[2..]);
    // In the second epoch the critic was at 1 - 0.9^3 and 1 - 0.9^4 before its steps.
    let expected = (0.5 * 0.9_f64.powi(6) + 0.5 * 0.9_f64.powi(8)) / 2.0;
    assert!((record.train["critic.objective"] - expected).abs() < 1e-6, "{record:?}");
    assert!(
        record.train.contains_key("reconstruction") && !record.validation.contains_key("critic.objective")
    );
}

#[test]
fn what_the_parts_of_a_batch_have_seen_is_what_the_batch_has_seen() {
    let trained = |device: &str, accumulation| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), two_rounds());
        plan.config = TrainConfig { device: device.parse().expect(device), accumulation, ..plan.config };
        // So slow that no code changes its sign for the order in which gradients are summed.
        plan.config.optimizer = sgd(1e-4);
        train(plan).model.values()
    };
    let whole = trained("flex", 1);
    assert!(whole[2][0] > 50.0 && whole[2][0] < 150.0, "{whole:?}");
    for (device, accumulation) in [("flex", 3), ("flex,flex", 1), ("flex,flex", 2)] {
        let parts = trained(device, accumulation);
        assert_eq!(parts[2], whole[2], "{device} {accumulation}");
        for (part, whole) in parts.iter().flatten().zip(whole.iter().flatten()) {
            assert!((part - whole).abs() < 1e-5, "{parts:?} {whole:?}");
        }
    }
}

#[test]
fn a_norm_is_clipped_whatever_the_parts() {
    let trained = |clip, accumulation| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), vec![Round::model()]);
        let optimizer = sgd(1.0);
        plan.config =
            TrainConfig { clip, accumulation, optimizer, batch_size: 100, epochs: 1, ..plan.config };
        train(plan).model.values()[0].clone()
    };
    let start = Counting::new().values()[0].clone();
    let length = |end: &[f32]| end.iter().zip(&start).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
    let free = length(&trained(None, 1));
    assert!(free > 0.2, "{free}");
    for accumulation in [1, 3] {
        assert!((length(&trained(Some(0.1), accumulation)) - 0.1).abs() < 1e-5);
    }
    assert_eq!(trained(Some(100.0), 1), trained(None, 1));
}

#[test]
fn rounds_and_state_resume_to_the_same_bits() {
    let [whole, parts] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let plan = |folder: &Path| {
        let mut plan = plan(folder, two_rounds());
        plan.config.epochs = 5;
        plan
    };
    let expected = train(plan(whole.path()));
    let mut first = plan(parts.path());
    let interrupter = first.interrupter.clone();
    first.display = Display::Epochs(Box::new(move |record| {
        if record.epoch == 2 {
            interrupter.stop();
        }
    }));
    assert_eq!(train(first).stopped, Stopped::Interrupted);
    let resumed = train(Fit { start: Start::Resumed, ..plan(parts.path()) });
    assert_eq!(resumed.model.values(), expected.model.values());
}

const CHILD: &str = "AUTOENCODER_ROUNDS_CHILD";

/// The test's own program trains in a process of its own, which is killed.
#[test]
fn rounds_and_state_survive_a_kill() {
    let plan = |folder: &Path| {
        let mut plan = plan(folder, two_rounds());
        plan.config = TrainConfig {
            epochs: 12,
            accumulation: 2,
            device: "flex,flex".parse().expect("devices"),
            ..plan.config
        };
        plan
    };
    if let Some(folder) = std::env::var_os(CHILD) {
        let mut plan = plan(Path::new(&folder));
        plan.display =
            Display::Epochs(Box::new(|_| std::thread::sleep(std::time::Duration::from_millis(100))));
        train(plan);
        return;
    }
    let [whole, killed] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let expected = train(plan(whole.path()));
    let mut child = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "rounds_and_state_survive_a_kill"])
        .env(CHILD, killed.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("started");
    let checkpoints = Checkpoints::new(killed.path().join("checkpoints"));
    while checkpoints.last().is_none_or(|epoch| epoch < 3) {
        assert!(child.try_wait().expect("asked").is_none(), "it ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(checkpoints.last().is_some_and(|epoch| epoch < 12));
    let resumed = train(Fit { start: Start::Resumed, ..plan(killed.path()) });
    assert_eq!(resumed.model.values(), expected.model.values());
}
