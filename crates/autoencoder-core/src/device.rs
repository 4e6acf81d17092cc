//! Devices by name, chosen at run time among the backends that were compiled in.

use burn::tensor::Device;

use crate::remote::RemoteError;

/// A backend that the toolkit knows, compiled in or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The word before the colon in a device name; also the cargo feature that brings it.
    pub name: &'static str,
    /// What it runs on.
    pub summary: &'static str,
    /// What follows the colon.
    pub suffix: Suffix,
    /// Whether this build has it.
    pub compiled: bool,
}

/// What follows the colon in the name of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// Nothing: there is one.
    Nothing,
    /// A number, as in `cuda:1`, or nothing for the default.
    Number,
    /// Where a worker is, as `ae worker` prints it.
    Address,
}

/// Every backend the toolkit knows, the default first.
pub const BACKENDS: &[Backend] = &[
    Backend {
        name: "flex",
        summary: "CPU, any machine",
        suffix: Suffix::Nothing,
        compiled: cfg!(feature = "flex"),
    },
    Backend {
        name: "ndarray",
        summary: "CPU, the older backend",
        suffix: Suffix::Nothing,
        compiled: cfg!(feature = "ndarray"),
    },
    Backend {
        name: "wgpu",
        summary: "GPU through the platform's graphics API",
        suffix: Suffix::Number,
        compiled: cfg!(feature = "wgpu"),
    },
    Backend {
        name: "vulkan",
        summary: "GPU through Vulkan",
        suffix: Suffix::Number,
        compiled: cfg!(feature = "vulkan"),
    },
    Backend {
        name: "metal",
        summary: "GPU through Metal",
        suffix: Suffix::Number,
        compiled: cfg!(feature = "metal"),
    },
    Backend {
        name: "cuda",
        summary: "NVIDIA GPU through CUDA",
        suffix: Suffix::Number,
        compiled: cfg!(feature = "cuda"),
    },
    Backend {
        name: "remote",
        summary: "another machine, where `ae worker` runs",
        suffix: Suffix::Address,
        compiled: cfg!(feature = "remote"),
    },
];

/// Why a device name gives no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A name that no backend has.
    #[error(
        "unknown device `{name}`: choose one of flex, ndarray, wgpu, vulkan, metal, cuda, cuda:1 for the second, or \
         remote:ID for a worker"
    )]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// A backend this build does not have.
    #[error(
        "device `{name}` is not compiled in: build with `cargo build --release -p autoencoder-cli --features {feature}`"
    )]
    NotCompiled {
        /// The name as given.
        name: String,
        /// The cargo feature that brings it.
        feature: &'static str,
    },
    /// Several names where there is room for one device.
    #[error("`{names}` are several devices, and only a training takes more than one: name one of them")]
    Several {
        /// As given.
        names: String,
    },
    /// A number after the colon that is none, or that the backend has no use for.
    #[error("device `{name}` has a bad number after the colon: write {backend}{hint}")]
    BadIndex {
        /// The name as given.
        name: String,
        /// The backend.
        backend: &'static str,
        /// What may follow.
        hint: &'static str,
    },
    /// A worker that is not to be had.
    #[error("device `{name}`: {source}")]
    Remote {
        /// The name as given.
        name: String,
        /// Why.
        source: RemoteError,
    },
}

/// The device of that name: `flex`, `ndarray`, `wgpu`, `vulkan`, `metal`, `cuda`, for GPUs `cuda:1`, `vulkan:0` (the index
/// among discrete GPUs), and for one that `ae worker` serves `remote:ID`, `remote:ID@HOST:PORT` or `remote:ws://HOST:PORT`,
/// with `#1` after it for the worker's second. The worker is asked, with the token of [`crate::remote::token`].
///
/// # Errors
/// [`DeviceError`]: an unknown name, a backend that is not compiled in (with the feature that
/// brings it), a bad number or address; of a worker, that it cannot be reached or refuses the token.
pub fn by_name(name: &str) -> Result<Device, DeviceError> {
    match named(name)? {
        Named::Local { backend, index } => open(backend, index)
            .ok_or_else(|| DeviceError::NotCompiled { name: name.to_owned(), feature: backend }),
        #[cfg(feature = "remote")]
        Named::Remote { address } => crate::remote::open(address).map_err(in_device(name)),
        #[cfg(not(feature = "remote"))]
        Named::Remote { .. } => Err(DeviceError::NotCompiled { name: name.to_owned(), feature: "remote" }),
    }
}

#[cfg(feature = "remote")]
fn in_device(name: &str) -> impl FnOnce(RemoteError) -> DeviceError + '_ {
    |source| DeviceError::Remote { name: name.to_owned(), source }
}

/// What a name says.
enum Named<'a> {
    Local {
        backend: &'static str,
        index: Option<usize>,
    },
    Remote {
        #[cfg_attr(not(feature = "remote"), allow(dead_code, reason = "without workers it leads nowhere"))]
        address: &'a str,
    },
}

fn named(name: &str) -> Result<Named<'_>, DeviceError> {
    if name.contains(',') {
        return Err(DeviceError::Several { names: name.to_owned() });
    }
    let (word, index) = match name.split_once(':') {
        Some((word, index)) => (word, Some(index)),
        None => (name, None),
    };
    let backend = BACKENDS
        .iter()
        .find(|backend| backend.name == word)
        .ok_or_else(|| DeviceError::Unknown { name: name.to_owned() })?;
    let bad_index = |hint| DeviceError::BadIndex { name: name.to_owned(), backend: backend.name, hint };
    let index = match (backend.suffix, index) {
        (Suffix::Address, index) => return Ok(Named::Remote { address: index.unwrap_or_default() }),
        (_, None) => None,
        (Suffix::Nothing, Some(_)) => return Err(bad_index(" alone")),
        (Suffix::Number, Some(index)) => {
            Some(index.parse().map_err(|_| bad_index(" or a number after it, as in cuda:1"))?)
        }
    };
    Ok(Named::Local { backend: backend.name, index })
}

/// The names in a list with commas, such as `cuda:0,cuda:1`: the devices that share a training. Everything but the steps
/// happens on the first.
pub fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

/// The devices of those names, of which there is at least one.
///
/// # Errors
/// Those of [`by_name`].
pub fn all(list: &str) -> Result<Vec<Device>, DeviceError> {
    names(list).map(by_name).collect()
}

/// The first device of a list.
///
/// # Errors
/// Those of [`by_name`].
pub fn first(list: &str) -> Result<Device, DeviceError> {
    by_name(names(list).next().unwrap_or_default())
}

/// Whether all devices of a list are of one backend.
pub fn of_one_backend(list: &str) -> bool {
    let mut words = names(list).map(|name| name.split_once(':').map_or(name, |(word, _)| word));
    let first = words.next();
    words.all(|word| Some(word) == first)
}

/// Whether the first device of a list is a GPU of this machine.
pub fn is_gpu(list: &str) -> bool {
    let first = names(list).next().map(named);
    matches!(first, Some(Ok(Named::Local { backend, .. })) if is_numbered(backend))
}

/// Whether the backend of that name has several devices in one machine, as GPUs do.
fn is_numbered(backend: &str) -> bool {
    BACKENDS.iter().any(|known| known.name == backend && known.suffix == Suffix::Number)
}

/// Checks device names without opening the devices.
///
/// # Errors
/// Those of [`by_name`].
pub fn check_names(list: &str) -> Result<(), DeviceError> {
    names(list).try_for_each(|name| match named(name)? {
        #[cfg(feature = "remote")]
        Named::Remote { address } => crate::remote::check(address).map_err(in_device(name)),
        // Opening a device of this machine is lazy: it makes a handle and touches no hardware.
        _ => by_name(name).map(|_| ()),
    })
}

#[allow(unused_variables, reason = "the index is for GPU backends, which may all be left out")]
fn open(backend: &str, index: Option<usize>) -> Option<Device> {
    #[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal"))]
    let kind = || {
        use burn::tensor::DeviceKind;
        index.map_or(DeviceKind::DefaultDevice, DeviceKind::DiscreteGpu)
    };
    #[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal", feature = "cuda"))]
    if is_numbered(backend) {
        crate::tuning::remember_for_the_user();
    }
    match backend {
        #[cfg(feature = "flex")]
        "flex" => Some(Device::flex()),
        #[cfg(feature = "ndarray")]
        #[allow(deprecated, reason = "selectable for comparison with flex")]
        "ndarray" => Some(Device::ndarray()),
        #[cfg(feature = "wgpu")]
        "wgpu" => Some(Device::wgpu(kind())),
        #[cfg(feature = "vulkan")]
        "vulkan" => Some(Device::vulkan(kind())),
        #[cfg(feature = "metal")]
        "metal" => Some(Device::metal(kind())),
        #[cfg(feature = "cuda")]
        "cuda" => Some(Device::cuda(index.unwrap_or(0))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_of_the_list_opens_or_names_its_feature() {
        for backend in BACKENDS.iter().filter(|backend| backend.suffix != Suffix::Address) {
            match by_name(backend.name) {
                Ok(_) => assert!(backend.compiled, "{}", backend.name),
                Err(error) => {
                    assert!(!backend.compiled, "{}", backend.name);
                    assert_eq!(
                        error,
                        DeviceError::NotCompiled { name: backend.name.to_owned(), feature: backend.name }
                    );
                }
            }
        }
    }

    #[test]
    fn bad_names_are_refused_with_the_choice() {
        assert!(matches!(by_name("tpu"), Err(DeviceError::Unknown { .. })));
        assert!(matches!(by_name("flex:1"), Err(DeviceError::BadIndex { .. })));
        assert!(matches!(by_name("cuda:x"), Err(DeviceError::BadIndex { .. })));
        assert!(matches!(by_name("flex,flex"), Err(DeviceError::Several { .. })));
    }

    #[test]
    fn a_worker_is_named_by_its_place_without_going_there() {
        let id = "ae58ff8833241ac82d6ff7611046ed67b5072d142c588d0063e942d9a75502b6";
        let good =
            [id.to_owned(), format!("{id}#1"), format!("{id}@127.0.0.1:9"), "ws://localhost:9".to_owned()];
        let bad = ["", "x", "ws://localhost", "ws://:9", "#1", &format!("{id}#x"), &format!("{id}@nowhere")];
        let check = |address: &str| check_names(&format!("flex,remote:{address}"));
        if !cfg!(feature = "remote") {
            assert!(matches!(check(id), Err(DeviceError::NotCompiled { feature: "remote", .. })));
            return;
        }
        good.iter().for_each(|address| assert_eq!(check(address), Ok(()), "{address}"));
        for address in bad {
            let error = check(address).expect_err(address);
            let is_bad = matches!(error, DeviceError::Remote { source: RemoteError::BadAddress { .. }, .. });
            assert!(is_bad, "{address}: {error}");
        }
    }

    #[test]
    fn a_gpu_is_told_from_the_rest_by_its_name() {
        assert!(["cuda", "cuda:1,flex", "vulkan"].into_iter().all(is_gpu));
        assert!(!["flex", "flex,cuda", "ndarray", "remote:x", "tpu", ""].into_iter().any(is_gpu));
    }

    #[test]
    fn devices_of_one_backend_are_told_by_their_first_word() {
        assert!(["flex", "cuda:0, cuda:1", "vulkan,vulkan:1"].into_iter().all(of_one_backend));
        assert!(!["flex,ndarray", "cuda:0,vulkan:0"].into_iter().any(of_one_backend));
    }

    #[test]
    fn a_list_is_as_good_as_its_worst_name() {
        assert_eq!(all("flex, flex").expect("both").len(), 2);
        assert_eq!(first("flex,tpu"), by_name("flex"));
        for wrong in ["", "flex,", "flex,tpu"] {
            assert!(matches!(check_names(wrong), Err(DeviceError::Unknown { .. })), "{wrong}");
        }
    }
}
