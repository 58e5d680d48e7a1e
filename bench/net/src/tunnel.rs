//! A TUN device: the IP packets that a network namespace sends into it are read, what is written arrives there.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tappers::{Interface, Tun};

/// Exists as long as this value.
pub(crate) struct Tunnel {
    device: Tun,
}

impl Tunnel {
    /// Makes a device in the namespace of the calling thread.
    pub(crate) fn open(name: &str) -> io::Result<Self> {
        let mut device = Tun::new_named(Interface::new(name)?)?;
        device.set_nonblocking(true)?;
        Ok(Self { device })
    }

    /// Makes a device in the network namespace with that path, by a thread that goes there and ends.
    pub(crate) fn open_in(namespace: &Path, name: &str) -> io::Result<Self> {
        let namespace = File::open(namespace)?;
        let there = || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            Self::open(name)
        };
        std::thread::scope(|scope| scope.spawn(there).join()).unwrap_or_else(|_| {
            Err(io::Error::other(
                "the thread in the other namespace panicked",
            ))
        })
    }

    /// The next packet, if one is there.
    pub(crate) fn read<'a>(&self, buffer: &'a mut [u8]) -> io::Result<Option<&'a mut [u8]>> {
        match self.device.recv(buffer) {
            Ok(count) => Ok(buffer.get_mut(..count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            // The device is not up yet, or not any more.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Hands a packet over; one that the device does not take is lost, as on any line.
    pub(crate) fn write(&self, packet: &[u8]) {
        let _ = self.device.send(packet);
    }
}

impl AsFd for Tunnel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}
