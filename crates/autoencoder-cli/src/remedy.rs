//! What to do about an error, in the words of the command: the library knows what is wrong, and no flags.

use autoencoder::Error;
use autoencoder::config::ConfigError;
use autoencoder::core::DeviceError;
use autoencoder::datasets::DatasetError;
use autoencoder::train::TrainError;

use crate::flags;

/// The message of an error with its remedy.
pub(crate) fn message(error: &Error) -> String {
    let said = error.to_string();
    let words = remedy(error).or_else(|| flags::of(&said)).unwrap_or_default();
    format!("{said}{words}")
}

fn remedy(error: &Error) -> Option<String> {
    let remedy = match error {
        Error::Config(ConfigError::UnknownRecipe { .. }) => " `ae recipes list` shows all".to_owned(),
        Error::Dataset(DatasetError::NotBuilt { .. }) => {
            "; `cargo install --path crates/autoencoder-cli --features full` builds all".to_owned()
        }
        Error::Device(DeviceError::NotCompiled { feature, .. })
        | Error::Train(TrainError::Device(DeviceError::NotCompiled { feature, .. }))
        | Error::Config(ConfigError::Train(TrainError::Device(DeviceError::NotCompiled {
            feature, ..
        }))) => {
            format!(": build with `cargo build --release -p autoencoder-cli --features {feature}`")
        }
        Error::Dataset(DatasetError::BadIdx { set, .. } | DatasetError::WrongChecksum { set, .. }) => {
            format!(" with `ae data fetch {set}`")
        }
        Error::Dataset(DatasetError::Download { .. }) => " or with --data-dir".to_owned(),
        Error::Dataset(DatasetError::NoFolder) => ": give a folder with --data-dir".to_owned(),
        Error::RunExists { .. } => ": continue it with --resume, or choose another with --run".to_owned(),
        Error::RunBusy { .. } => ": wait for it, or choose another with --run".to_owned(),
        Error::DataChanged { path } => {
            format!(": restore the file, or train anew on it with `ae train --data {}`", path.display())
        }
        Error::ConfigChanged { path, .. } => {
            format!(": undo that, or train anew with `ae train {}/config.toml`", path.display())
        }
        Error::EncoderChanged { .. } => ": train the classifier anew, with another --run".to_owned(),
        Error::WrongDevice { .. } => "; update its driver, or use --device flex".to_owned(),
        Error::NoRun { path, .. } => format!("; train one with `ae train --run {}`", path.display()),
        Error::NoMember { path, .. } => {
            format!(": `ae train --resume --run {}` trains what is missing", path.display())
        }
        Error::NoClassifier { path } => {
            format!(": train one with `ae finetune RUN --run {}`", path.display())
        }
        Error::NothingToResume { path } => {
            format!("; start the run with `ae train --run {}`", path.display())
        }
        Error::NoCorruption => ": give a noisy .npy file, or --set corruption.kind=masking".to_owned(),
        Error::Labels { .. } => {
            "; give one label a row (--labels FILE, --label COLUMN), and say which is an anomaly's \
                                 with --anomaly where they do not"
                .to_owned()
        }
        Error::NotPictures { .. } => ": leave --masks out".to_owned(),
        Error::NoClasses { .. } => {
            ": name the column that holds them with --label, use a data set with labels, or learn \
                                    numbers with --regress"
                .to_owned()
        }
        Error::LabelIsFeature { label, .. } => format!(": train it again with --label {label}"),
        Error::NotANumber { .. } => ": leave --regress out to learn labels as classes".to_owned(),
        Error::NotOfShard { .. } => {
            ": leave --shard out, or take --quantile, which the run's own data decide".to_owned()
        }
        Error::NoThreshold { .. } => "; choose one of --contamination, --mad".to_owned(),
        Error::Identity { .. } => "; remove it for a new one, or name another with --identity".to_owned(),
        Error::NoIdentity => ": name its file with --identity".to_owned(),
        Error::OpenNetwork { .. } => {
            ": leave --websocket out for an encrypted way, or say --trusted-network".to_owned()
        }
        Error::NotOurs { .. } => ": choose another name with -o".to_owned(),
        _ => return None,
    };
    Some(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_says_what_is_wrong_and_the_command_what_to_do() {
        let error = Error::NoRun { path: "runs/x".into(), missing: "model/model.json" };
        assert!(!error.to_string().contains("--"), "{error}");
        let whole = message(&error);
        assert!(
            whole.starts_with(&error.to_string()) && whole.ends_with("`ae train --run runs/x`"),
            "{whole}"
        );
    }
}
