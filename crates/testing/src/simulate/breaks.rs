//! [`Breaks`]: replies that break off at random places.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use fastrand::Rng;

use super::{Cut, World};
use crate::{At, Reply};

/// How often one reply breaks off at most: as often as it is asked for again by default.
const MOST: u64 = 2;

/// Where the replies of a run break off, as its [`Cut`] says. In a run that is not
/// [`Cut::Streams`] none does.
#[derive(Debug)]
pub struct Breaks {
    rng: Option<Mutex<Rng>>,
    /// By the number of a reply: how often it will still break off.
    left: Mutex<BTreeMap<usize, u64>>,
}

impl Breaks {
    /// The breaks of `world`'s first run.
    #[must_use]
    pub fn new(world: &World) -> Self {
        world.seen().has_breaks = true;
        let rng = match world.cut() {
            Cut::Streams(n) => {
                let seed = world.seed().rotate_left(32) ^ n.wrapping_mul(0xd134_2543_de82_ef95);
                Some(Mutex::new(Rng::with_seed(seed)))
            }
            _ => None,
        };
        Self {
            rng,
            left: Mutex::default(),
        }
    }

    /// `reply`, which is the answer number `number` of the run and has `bytes` bytes of body: whole,
    /// or breaking off somewhere. No answer breaks off more often than it is asked for again.
    pub fn apply(&self, reply: Reply, number: usize, bytes: usize) -> Reply {
        let Some(rng) = &self.rng else {
            return reply;
        };
        let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let left = left.entry(number).or_insert_with(|| rng.u64(0..=MOST));
        if *left == 0 {
            return reply;
        }
        *left -= 1;
        let at = At::Byte(rng.usize(0..bytes.max(1)));
        match rng.u8(0..3) {
            0 => reply.cut_at(at),
            1 => reply.until_close().cut_at(at),
            _ => reply.reset_at(at),
        }
    }
}
