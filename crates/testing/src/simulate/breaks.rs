//! [`Breaks`]: replies that break off at random places.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use fastrand::Rng;

use super::{Cut, World};
use crate::{At, Reply};

/// Maximum number of breaks of one reply: the default number of retries.
const MOST: u64 = 2;

/// Breaks of the replies of a run, determined by its [`Cut`]. Without [`Cut::Streams`] there are
/// none.
#[derive(Debug)]
pub struct Breaks {
    rng: Option<Mutex<Rng>>,
    /// Remaining breaks, by the number of the reply.
    left: Mutex<BTreeMap<usize, u64>>,
}

impl Breaks {
    /// Creates the breaks of `world`'s first run.
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

    /// Returns `reply`, which is reply number `number` of the run and has a body of `bytes` bytes:
    /// complete, or breaking off somewhere. No reply breaks off more often than it is retried.
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
