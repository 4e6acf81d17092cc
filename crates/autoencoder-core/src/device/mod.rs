//! Devices by name, chosen at run time among the backends that were compiled in.

mod list;

use burn::tensor::Device;

use crate::remote::RemoteError;

pub use list::Devices;

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
        summary: "another machine, where a worker runs",
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
    #[error("device `{name}` is not compiled in: it needs the feature `{feature}`")]
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
    if name.contains(',') {
        Err(DeviceError::Several { names: name.to_owned() })
    } else {
        Named::new(name)?.open()
    }
}

/// A name, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    /// As given.
    name: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Local { backend: &'static str, index: Option<usize> },
    Remote { address: String },
}

impl Named {
    fn flex() -> Self {
        Self { name: "flex".to_owned(), place: Place::Local { backend: "flex", index: None } }
    }

    /// # Errors
    /// [`DeviceError::Unknown`], [`DeviceError::BadIndex`].
    fn new(name: &str) -> Result<Self, DeviceError> {
        let (word, index) = match name.split_once(':') {
            Some((word, index)) => (word, Some(index)),
            None => (name, None),
        };
        let backend = BACKENDS
            .iter()
            .find(|backend| backend.name == word)
            .ok_or_else(|| DeviceError::Unknown { name: name.to_owned() })?;
        let bad_index = |hint| DeviceError::BadIndex { name: name.to_owned(), backend: backend.name, hint };
        let local = |index| Place::Local { backend: backend.name, index };
        let place = match (backend.suffix, index) {
            (Suffix::Address, address) => Place::Remote { address: address.unwrap_or_default().to_owned() },
            (_, None) => local(None),
            (Suffix::Nothing, Some(_)) => return Err(bad_index(" alone")),
            (Suffix::Number, Some(index)) => {
                local(Some(index.parse().map_err(|_| bad_index(" or a number after it, as in cuda:1"))?))
            }
        };
        Ok(Self { name: name.to_owned(), place })
    }

    fn backend(&self) -> &'static str {
        match self.place {
            Place::Local { backend, .. } => backend,
            Place::Remote { .. } => "remote",
        }
    }

    /// Whether it is a device of this machine which may have several of its kind, as GPUs are.
    fn is_numbered(&self) -> bool {
        matches!(self.place, Place::Local { backend, .. } if is_numbered(backend))
    }

    fn open(&self) -> Result<Device, DeviceError> {
        match &self.place {
            Place::Local { backend, index } => open(backend, *index).ok_or_else(|| self.not_compiled()),
            #[cfg(feature = "remote")]
            Place::Remote { address } => crate::remote::open(address).map_err(|source| self.remote(source)),
            #[cfg(not(feature = "remote"))]
            Place::Remote { .. } => Err(self.not_compiled()),
        }
    }

    /// Whether it can be opened as far as that is known without going to a worker.
    fn check(&self) -> Result<(), DeviceError> {
        match &self.place {
            #[cfg(feature = "remote")]
            Place::Remote { address } => crate::remote::check(address).map_err(|source| self.remote(source)),
            // Opening a device of this machine is lazy: it makes a handle and touches no hardware.
            _ => self.open().map(|_| ()),
        }
    }

    fn not_compiled(&self) -> DeviceError {
        DeviceError::NotCompiled { name: self.name.clone(), feature: self.backend() }
    }

    #[cfg(feature = "remote")]
    fn remote(&self, source: RemoteError) -> DeviceError {
        DeviceError::Remote { name: self.name.clone(), source }
    }
}

/// Whether the backend of that name has several devices in one machine, as GPUs do.
fn is_numbered(backend: &str) -> bool {
    BACKENDS.iter().any(|known| known.name == backend && known.suffix == Suffix::Number)
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
}
