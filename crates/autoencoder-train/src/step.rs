//! What a step of training consists of: one round over all parameters, or several that move parts of them in turn.

use autoencoder_core::Seed;
use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::ModuleOptimizer;
use burn::tensor::Tensor;

use crate::OptimizerConfig;

/// One of the gradient steps that a batch is taken for. Rounds follow one another, so that each sees what those before it
/// did to the model: a critic learns first, then the model that is to deceive it.
#[derive(Clone, Debug)]
pub struct Round {
    /// Its name, of which its draws are a function; the values that it reports are named `NAME.VALUE`. Draws and names of
    /// [`Round::MODEL`] are those of a step without rounds, whatever other rounds stand beside it.
    pub name: &'static str,
    /// The parameters that it moves.
    pub parameters: ParamGroup,
    /// What moves them, at a rate of its own; absent: what the configuration says. Of a parameter of several rounds the last
    /// one counts.
    pub optimizer: Option<OptimizerConfig>,
    /// It is taken every so many batches, the first one included; 0 counts as 1.
    pub every: usize,
}

impl Round {
    /// The name of the round of the model itself.
    pub const MODEL: &'static str = "model";

    /// The round of the model itself: all parameters, at every batch.
    pub fn model() -> Self {
        Self::of(Self::MODEL, ParamGroup::all())
    }

    /// A round over some parameters at every batch.
    ///
    /// ```
    /// use autoencoder_train::Round;
    /// use burn::module::ParamGroup;
    ///
    /// let critic = Round::of("critic", ParamGroup::from_predicate("critic"));
    /// let rare = Round { every: 5, ..Round::model() };
    /// assert_eq!([critic.every, rare.every], [1, 5]);
    /// ```
    pub fn of(name: &'static str, parameters: ParamGroup) -> Self {
        Self { name, parameters, optimizer: None, every: 1 }
    }

    /// Whether it is taken after `taken` batches.
    pub(crate) fn is_due(&self, taken: usize) -> bool {
        taken.is_multiple_of(self.every.max(1))
    }

    /// What it draws from in a step that draws from `seed`.
    pub(crate) fn seed(&self, seed: Seed) -> Seed {
        if self.name == Self::MODEL { seed } else { seed.stream(self.name) }
    }

    /// The name of a value that it reports.
    pub(crate) fn name_of(&self, value: &str) -> String {
        if self.name == Self::MODEL { value.to_owned() } else { format!("{}.{value}", self.name) }
    }

    /// Its parameters among the model's.
    pub(crate) fn members<M: Module>(&self, model: &M) -> Vec<ParamId> {
        let mut members = Members { group: &self.parameters, path: Vec::new(), found: Vec::new() };
        model.visit(&mut members);
        members.found
    }
}

/// The optimiser of a configuration, with a group for each round that has one of its own.
pub(crate) fn optimizer_of(config: &OptimizerConfig, rounds: &[Round]) -> ModuleOptimizer {
    let own = rounds.iter().filter_map(|round| Some((round.optimizer.as_ref()?, &round.parameters)));
    let of_all = config.beside(None, ParamGroup::all());
    own.fold(of_all, |others, (config, group)| config.beside(Some(others), group.clone()))
}

/// Collects the parameters of a group.
struct Members<'a> {
    group: &'a ParamGroup,
    path: Vec<String>,
    found: Vec<ParamId>,
}

impl ModuleVisitor for Members<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.group.matches(&param.id, Some(&self.path.join("."))) {
            self.found.push(param.id);
        }
    }
}
