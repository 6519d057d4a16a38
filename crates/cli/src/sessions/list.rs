//! `geppetto sessions list`.

use std::time::SystemTime;

use geppetto_store::{Page, SessionInfo, SessionStore};
use geppetto_turns::{printable_line, serial::json_string};
use serde_json::{Value, json};

use crate::{failure::Failure, say};

/// Width of a title, in characters.
const TITLE: usize = 60;

/// List sessions, the one that was used last first.
#[derive(Debug, clap::Args)]
#[command(visible_alias = "ls")]
pub(crate) struct List {
    /// Number of sessions.
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// Session after which the list begins: the last one of the page before.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// Only sessions whose title has this text.
    #[arg(long, value_name = "TEXT")]
    matching: Option<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self, store: &dyn SessionStore) -> Result<(), Failure> {
        let mut page = Page::newest(100);
        if let Some(after) = &self.after {
            let id = crate::continued::find(store, after).await?;
            page = page.after(&store.info(&id).await?);
        }
        let mut found: Vec<SessionInfo> = Vec::new();
        while found.len() < self.limit {
            let infos = store.list(&page).await?;
            let Some(last) = infos.last() else { break };
            page = page.after(last);
            found.extend(infos.into_iter().filter(|info| self.is_wanted(info)));
        }
        found.truncate(self.limit);
        let now = SystemTime::now();
        let mut out = String::new();
        for info in &found {
            let line = if self.json {
                json_string(&object(info)).unwrap_or_default()
            } else {
                row(info, now)
            };
            out.push_str(&line);
            out.push('\n');
        }
        if found.is_empty() && !self.json {
            say::line("no sessions");
        }
        say::out(&out)
    }

    fn is_wanted(&self, info: &SessionInfo) -> bool {
        let title = info.title.as_deref().unwrap_or_default().to_lowercase();
        let matching = self.matching.as_deref().unwrap_or_default().to_lowercase();
        title.contains(&matching)
    }
}

fn row(info: &SessionInfo, now: SystemTime) -> String {
    let title = printable_line(info.title.as_deref().unwrap_or("(untitled)")).to_string();
    let short: String = title.chars().take(TITLE).collect();
    let dots = if title.chars().count() > TITLE {
        "…"
    } else {
        ""
    };
    let turns = if info.turns == 1 { "turn" } else { "turns" };
    let id = printable_line(&info.id).to_string();
    format!(
        "{id:<12}  {:>8}  {:>4} {turns:<5}  {short}{dots}",
        age(info.updated_at, now),
        info.turns
    )
}

/// Returns a time as its distance from now.
fn age(time: Option<SystemTime>, now: SystemTime) -> String {
    let seconds = time.and_then(|time| now.duration_since(time).ok());
    let seconds = seconds.unwrap_or_default().as_secs();
    match seconds {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn object(info: &SessionInfo) -> Value {
    let millis = |time: Option<SystemTime>| {
        let since = time?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis()).ok()
    };
    json!({
        "id": info.id,
        "title": info.title,
        "turns": info.turns,
        "created_at_ms": millis(info.created_at),
        "updated_at_ms": millis(info.updated_at),
        "forked_from": info.forked_from.as_ref().map(|(session, _)| session),
    })
}
