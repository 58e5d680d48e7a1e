//! What a link is estimated to carry and padded to, which is nothing while no pictures are sent.

use crate::transport::Transport;
use str0m::Rtc;
use str0m::bwe::Bitrate;

impl Transport {
    /// The rate to be sustained, with padding where media is less and the link is believed to
    /// carry it, and what would be sent on a perfect link, which is probed for now and then.
    pub(crate) fn set_bitrate(&mut self, sustained_bps: u64, desired_bps: u64) {
        self.wake();
        let mut estimator = self.rtc.bwe();
        estimator.set_bitrate(Bitrate::bps(sustained_bps), Bitrate::bps(desired_bps));
    }

    /// Nothing is sent that a better picture could take the place of. str0m pads what it sends to
    /// 50 kbit/s even so, as far as it believes that the link carries that: it is let believe that
    /// the link carries nothing, which holds back neither voices nor data.
    pub(crate) fn rest(&mut self) {
        if !self.is_resting {
            self.is_resting = true;
            self.rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::ZERO);
            self.rtc.bwe().reset(Bitrate::ZERO);
        }
    }

    /// Pictures are sent again: the link is estimated on from where that was left.
    pub(super) fn wake(&mut self) {
        if std::mem::take(&mut self.is_resting) {
            self.rtc.bwe().reset(Bitrate::bps(self.estimate_bps));
        }
    }
}

/// Before a report comes on what was sent while a transport rests: an estimate takes two.
pub(super) fn forget(rtc: &mut Rtc) {
    rtc.bwe().reset(Bitrate::ZERO);
}
