//! [`Export`]: writes a session as JSON lines.

use std::borrow::Cow;

use geppetto_turns::{
    FormatError, Turn,
    serial::{MAX_JSON_DEPTH, json_string, limit_json_depth},
};

use super::line::{EffectLine, Header, Line, TurnLine};
use crate::{Error, ErrorKind, SessionInfo, SessionStore};

/// Number of turns or rows of events that are read at once.
const PAGE: usize = 64;

/// Writes a session as JSON lines, in pages, so that a long session needs little memory.
///
/// Each line is an object with one key:
///
/// | key | lines | content |
/// |---|---|---|
/// | `session` | 1, the first | `version` (1), `id`, times in milliseconds since 1970, title, group, the last run, number of turns and of the last event |
/// | `turn` | one a turn | `kept`: number of blocks that are those of the turn before; `rest`: the turn with its other blocks |
/// | `effect` | those of the latest turn | key, call, tool, number of times begun, the answer |
/// | `event` | the event log | an event; merged deltas are one |
///
/// Turns and events are in geppetto's format. Lines contain no characters that terminals interpret.
/// Keys of submits are not exported: a repeated submit belongs to the session it was made to.
///
/// The result is what the session was when the export began, with the events until its end.
///
/// ```
/// # use geppetto_store::{Claim, MemoryStore, SessionStore};
/// use geppetto_store::{Export, Import};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), geppetto_store::Error> {
/// # let store = MemoryStore::new();
/// # store.open("chat-1", &Claim::new("a")).await?;
/// let mut import = Import::new();
/// let mut export = Export::new(&store, "chat-1").await?;
/// while let Some(lines) = export.next().await? {
///     for line in lines.lines() {
///         import.line(line)?;
///     }
/// }
/// let copy = import.write(&store, "chat-2").await?;
/// assert_eq!(copy.turns, store.info("chat-1").await?.turns);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Export<'a, S: ?Sized> {
    store: &'a S,
    info: SessionInfo,
    next: Next,
}

#[derive(Debug)]
enum Next {
    Header,
    /// Index of the next turn.
    Turns(u64),
    Effects,
    /// Number of the last event.
    Events(u64),
    End,
}

impl<'a, S: SessionStore + ?Sized> Export<'a, S> {
    /// Begins an export.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such session.
    pub async fn new(store: &'a S, session: &str) -> Result<Self, Error> {
        Ok(Self {
            info: store.info(session).await?,
            store,
            next: Next::Header,
        })
    }

    /// Returns the next lines, each ending with a line break; `None` at the end.
    ///
    /// # Errors
    ///
    /// Those of the store's reads. [`NotFound`](ErrorKind::NotFound) if the session was deleted, or
    /// its latest turn removed, in the meantime.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        let mut out = String::new();
        while out.is_empty() {
            match self.next {
                Next::Header => {
                    push(&mut out, &Line::Session(Box::new(Header::new(&self.info))))?;
                    self.next = Next::Turns(0);
                }
                Next::Turns(from) => self.turns(from, &mut out).await?,
                Next::Effects => self.effects(&mut out).await?,
                Next::Events(after) => self.events(after, &mut out).await?,
                Next::End => return Ok(None),
            }
        }
        Ok(Some(out))
    }

    async fn turns(&mut self, from: u64, out: &mut String) -> Result<(), Error> {
        let left = self.info.turns.saturating_sub(from);
        if left == 0 {
            self.next = Next::Effects;
            return Ok(());
        }
        let limit = usize::try_from(left).unwrap_or(PAGE).min(PAGE);
        let id = &self.info.id;
        let rows = self.store.turn_rows(id, from, limit).await?;
        if rows.is_empty() {
            return Err(Error::no_turn(id, from));
        }
        let read = rows.len() as u64;
        for row in rows {
            push(out, &Line::Turn(TurnLine::new(row)))?;
        }
        self.next = Next::Turns(from + read);
        Ok(())
    }

    async fn effects(&mut self, out: &mut String) -> Result<(), Error> {
        self.next = Next::Events(0);
        let Some(latest) = self.info.turns.checked_sub(1) else {
            return Ok(());
        };
        for effect in self.store.effects(&self.info.id, latest).await? {
            push(out, &Line::Effect(Box::new(EffectLine::from(effect))))?;
        }
        Ok(())
    }

    async fn events(&mut self, after: u64, out: &mut String) -> Result<(), Error> {
        let events = self.store.events(&self.info.id, after, PAGE).await?;
        let Some(last) = events.last() else {
            self.next = Next::End;
            return Ok(());
        };
        self.next = Next::Events(last.seq);
        for event in &events {
            push(out, &Line::Event(Cow::Borrowed(event)))?;
        }
        Ok(())
    }
}

/// Returns a turn of a session in geppetto's YAML; the latest one if `index` is `None`.
///
/// [`Turn::from_yaml`] reads it, and [`Import::of_turns`](crate::Import::of_turns) makes a session of it.
///
/// # Errors
///
/// [`NotFound`](ErrorKind::NotFound) if there is no such session or turn.
pub async fn export_yaml<S: SessionStore + ?Sized>(
    store: &S,
    session: &str,
    index: Option<u64>,
) -> Result<String, Error> {
    let index = match index {
        Some(index) => index,
        None => {
            let turns = store.info(session).await?.turns;
            let no_turns = || {
                Error::new(
                    ErrorKind::NotFound,
                    format!("session `{session}` has no turns"),
                )
            };
            turns.checked_sub(1).ok_or_else(no_turns)?
        }
    };
    let turn: Turn = store.turn(session, index).await?;
    turn.to_yaml().map_err(unwritable)
}

fn push(out: &mut String, line: &Line<'_>) -> Result<(), Error> {
    let json = json_string(line).map_err(unwritable)?;
    // A store in memory has values as deep as they were.
    out.push_str(&limit_json_depth(json, MAX_JSON_DEPTH));
    out.push('\n');
    Ok(())
}

fn unwritable(error: FormatError) -> Error {
    Error::invalid(format!("not exported: {error}")).with_source(error)
}
