//! The devices of a training, parsed where its configuration is.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::{DeviceError, Named};

/// The devices that share a training by their names, with commas between them: `flex`, `cuda:0,cuda:1`. There is at least
/// one; everything but the steps happens on the first. In a configuration it is a text. That the names are good does not
/// mean that this build has the backends: [`Devices::check`] says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Devices {
    /// As given.
    text: String,
    devices: Vec<Named>,
}

impl Devices {
    /// A list of one or several names.
    ///
    /// ```
    /// use autoencoder_core::device::Devices;
    ///
    /// let devices: Devices = "cuda:0, cuda:1".parse()?;
    /// assert!(devices.is_gpu() && devices.are_of_one_backend());
    /// assert_eq!(devices.names().collect::<Vec<_>>(), ["cuda:0", "cuda:1"]);
    /// assert!("tpu".parse::<Devices>().is_err());
    /// # Ok::<(), autoencoder_core::DeviceError>(())
    /// ```
    ///
    /// # Errors
    /// [`DeviceError`]: an unknown name, a bad number.
    pub fn new(text: impl Into<String>) -> Result<Self, DeviceError> {
        let text = text.into();
        let devices: Result<_, _> = text.split(',').map(|name| Named::new(name.trim())).collect();
        Ok(Self { devices: devices?, text })
    }

    /// A single device by its name.
    ///
    /// # Errors
    /// [`DeviceError::Several`]; those of [`Self::new`].
    pub fn one(name: &str) -> Result<Self, DeviceError> {
        let devices = Self::new(name)?;
        if devices.devices.len() > 1 {
            return Err(DeviceError::Several { names: name.to_owned() });
        }
        Ok(devices)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.devices.iter().map(|named| named.name.as_str())
    }

    /// The first name.
    pub fn first_name(&self) -> &str {
        self.names().next().unwrap_or_default()
    }

    /// All of them, the first at the beginning.
    ///
    /// # Errors
    /// Those of [`super::by_name`].
    pub fn open(&self) -> Result<Vec<Device>, DeviceError> {
        self.devices.iter().map(Named::open).collect()
    }

    /// The first.
    ///
    /// # Errors
    /// Those of [`super::by_name`].
    pub fn first(&self) -> Result<Device, DeviceError> {
        self.devices.first().map_or_else(|| super::by_name(""), Named::open)
    }

    /// Whether all are of one backend.
    pub fn are_of_one_backend(&self) -> bool {
        self.devices.windows(2).all(|pair| pair[0].backend() == pair[1].backend())
    }

    /// Whether the first is a GPU of this machine.
    pub fn is_gpu(&self) -> bool {
        self.devices.first().is_some_and(Named::is_numbered)
    }

    /// Checks that this build has the backends, without going to any device.
    ///
    /// # Errors
    /// [`DeviceError::NotCompiled`]; of a worker's address, what is wrong with it.
    pub fn check(&self) -> Result<(), DeviceError> {
        self.devices.iter().try_for_each(Named::check)
    }
}

impl Default for Devices {
    fn default() -> Self {
        Self { text: "flex".to_owned(), devices: vec![Named::flex()] }
    }
}

impl fmt::Display for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Devices {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Devices {
    type Error = DeviceError;

    fn try_from(text: String) -> Result<Self, DeviceError> {
        Self::new(text)
    }
}

impl From<Devices> for String {
    fn from(devices: Devices) -> Self {
        devices.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::RemoteError;

    fn list(text: &str) -> Devices {
        text.parse().expect(text)
    }

    #[test]
    fn a_worker_is_named_by_its_place_without_going_there() {
        let id = "ae58ff8833241ac82d6ff7611046ed67b5072d142c588d0063e942d9a75502b6";
        let good =
            [id.to_owned(), format!("{id}#1"), format!("{id}@127.0.0.1:9"), "ws://localhost:9".to_owned()];
        let bad = ["", "x", "ws://localhost", "ws://:9", "#1", &format!("{id}#x"), &format!("{id}@nowhere")];
        let check = |address: &str| list(&format!("flex,remote:{address}")).check();
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
        assert!(["cuda", "cuda:1,flex", "vulkan"].into_iter().all(|text| list(text).is_gpu()));
        assert!(!["flex", "flex,cuda", "ndarray", "remote:x"].into_iter().any(|text| list(text).is_gpu()));
    }

    #[test]
    fn devices_of_one_backend_are_told_by_their_first_word() {
        let one = ["flex", "cuda:0, cuda:1", "vulkan,vulkan:1", "remote:x,remote:y"];
        assert!(one.into_iter().all(|text| list(text).are_of_one_backend()));
        assert!(!["flex,ndarray", "cuda:0,vulkan:0"].into_iter().any(|text| list(text).are_of_one_backend()));
    }

    #[test]
    fn a_list_is_as_good_as_its_worst_name_and_reads_as_it_was_written() {
        assert_eq!(list("flex, flex").open().expect("both").len(), 2);
        assert_eq!(list("flex, flex").to_string(), "flex, flex");
        assert_eq!(Devices::default(), list("flex"));
        for wrong in ["", "flex,", "flex,tpu"] {
            assert!(matches!(Devices::new(wrong), Err(DeviceError::Unknown { .. })), "{wrong}");
        }
    }
}
