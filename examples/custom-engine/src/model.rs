//! The "provider": a model that thinks once and writes a sentence word by word.

use std::{collections::VecDeque, io, time::Duration};

/// The time that the model needs for a word.
const PACE: Duration = Duration::from_millis(5);

/// A model on this machine. It knows one sentence.
#[derive(Debug)]
pub(crate) struct LocalModel;

/// A piece of a reply.
#[derive(Debug)]
pub(crate) enum Piece {
    Thought(String),
    Word(String),
}

/// A reply in progress.
#[derive(Debug)]
pub(crate) struct Pieces {
    rest: VecDeque<Piece>,
    breaks: bool,
}

impl LocalModel {
    pub(crate) fn ask(&self, prompt: &str) -> Pieces {
        let breaks = prompt.contains("break");
        let answer = match breaks {
            false => &["Blue", " light", " scatters", " most."][..],
            true => &["I", " am", " not"][..],
        };
        let words = answer.iter().map(|word| Piece::Word((*word).to_owned()));
        let thought = Piece::Thought("Short waves, I think.".to_owned());
        Pieces {
            rest: [thought].into_iter().chain(words).collect(),
            breaks,
        }
    }
}

impl Pieces {
    /// Returns the number of words in the reply, without the thought.
    pub(crate) fn words(&self) -> u64 {
        let word = |piece: &&Piece| matches!(piece, Piece::Word(_));
        self.rest.iter().filter(word).map(|_| 1).sum()
    }

    /// Returns the next piece; `None` at the end. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Piece>> {
        tokio::time::sleep(PACE).await;
        match self.rest.pop_front() {
            None if self.breaks => Err(io::Error::other("the power went out")),
            piece => Ok(piece),
        }
    }
}
