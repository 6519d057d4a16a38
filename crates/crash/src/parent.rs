//! The parent: starts children, kills them, and checks what they leave.

use std::{
    error::Error,
    fs::File,
    io::{self, Write},
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use geppetto_testing::ProviderServer;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{ChildStdout, Command},
    time::{Instant, timeout},
};

use crate::{
    ParentArgs,
    check::When,
    database::{Database, Place},
    model::Model,
    note::Note,
    points::PLACES,
    provider,
    report::Report,
};

type Failure = Box<dyn Error + Send + Sync>;

/// Numbers of prompts that one child may use.
const OPS_PER_CHILD: u64 = 1_000;
/// Time after which a child that neither ends nor reaches its place is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// Returns `true` if no promise was violated.
pub(crate) fn run(args: &ParentArgs) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(campaign(args))
}

async fn campaign(args: &ParentArgs) -> Result<bool, Failure> {
    let provider = Arc::new(provider::start().await?);
    let folder = std::env::temp_dir().join(format!("geppetto-crash-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let place = Place::new(args.store)?;
    let start = Instant::now();
    let mut jobs = tokio::task::JoinSet::new();
    let stores = args.kills.div_ceil(args.kills_per_store.max(1));
    for job in 0..args.jobs {
        let (folder, provider) = (folder.clone(), Arc::clone(&provider));
        let place = place.clone();
        let (seed, step, kills) = (args.seed, args.jobs, args.kills_per_store);
        let left = args.kills;
        jobs.spawn(async move {
            let mut report = Report::default();
            let mut store = job;
            while store < stores && report.violations.is_empty() {
                let path = folder.join(format!("{store}.notes"));
                let database = place.database(&path)?;
                let seed = seed.wrapping_add(store);
                let mut life = Life::new(database, path, &provider, seed)?;
                life.kill(kills.min(left - store * kills), &mut report)
                    .await?;
                life.end(&mut report).await?;
                store += step;
            }
            Ok::<_, Failure>(report)
        });
    }
    let mut report = Report::default();
    while let Some(ended) = jobs.join_next().await {
        report.add(ended??);
    }
    if report.violations.is_empty() {
        std::fs::remove_dir_all(&folder)?;
    } else {
        report
            .violations
            .push(format!("notes and files are kept in {}", folder.display()));
    }
    let table = report.table(start.elapsed().as_secs_f64());
    io::stdout().write_all(table.as_bytes())?;
    Ok(report.violations.is_empty())
}

/// The life of one store, over many processes.
struct Life<'a> {
    database: Database,
    notes: PathBuf,
    provider: &'a ProviderServer,
    seed: u64,
    random: fastrand::Rng,
    children: u64,
    model: Model,
    /// All notes, with the number of their child.
    log: File,
}

/// How a child ended.
enum Left {
    /// It was killed at the place that was asked for, or at a random time.
    Killed,
    /// It ended its work.
    Done,
}

impl<'a> Life<'a> {
    fn new(
        database: Database,
        notes: PathBuf,
        provider: &'a ProviderServer,
        seed: u64,
    ) -> io::Result<Self> {
        let log = File::create(&notes)?;
        Ok(Self {
            database,
            notes,
            provider,
            seed,
            random: fastrand::Rng::with_seed(seed),
            children: 0,
            model: Model::default(),
            log,
        })
    }

    /// Kills a number of children, and checks the store after each.
    async fn kill(&mut self, kills: u64, report: &mut Report) -> Result<(), Failure> {
        let mut done = 0;
        while done < kills && report.violations.is_empty() {
            let place = self.place();
            let left = self.child(place.as_deref(), false).await?;
            let name = place.as_deref().map_or("time", place_of);
            match left {
                Left::Killed => {
                    done += 1;
                    report.kills += 1;
                    *report.places.entry(name.to_owned()).or_default() += 1;
                }
                Left::Done => report.spared += 1,
            }
            self.check(When::Killed, report).await?;
        }
        Ok(())
    }

    /// Lets a last child end everything, and checks the store.
    async fn end(&mut self, report: &mut Report) -> Result<(), Failure> {
        if report.violations.is_empty() {
            self.child(None, true).await?;
            self.check(When::Settled, report).await?;
        }
        if report.violations.is_empty() {
            self.database.remove();
            let _ = std::fs::remove_file(&self.notes);
        }
        report.stores += 1;
        let ops = self.model.sessions.values().flat_map(|own| &own.ops);
        report.prompts += ops.filter(|op| op.acknowledged).count() as u64;
        report.effects += self.model.acts.values().map(|acts| acts.count).sum::<u64>();
        Ok(())
    }

    /// Returns where the next child is killed; `None` for a random time.
    fn place(&mut self) -> Option<String> {
        if self.random.u8(..3) == 0 {
            return None;
        }
        let place = self.random.choice(PLACES)?;
        let when = if self.random.bool() {
            "before"
        } else {
            "after"
        };
        Some(format!("{place}:{when}:{}", self.random.u8(1..6)))
    }

    /// Runs a child, and kills it unless it settles.
    async fn child(&mut self, place: Option<&str>, settles: bool) -> Result<Left, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("child")
            .arg("--store")
            .arg(self.database.argument())
            .args(["--provider", &self.provider.base_url()])
            .args(["--seed", &self.random.u64(..).to_string()])
            .args([
                "--first-op",
                &(self.children * OPS_PER_CHILD + 1).to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        self.children += 1;
        if let Some(place) = place {
            command.args(["--kill-at", place]);
        }
        if settles {
            command.arg("--settle");
        }
        for (session, text) in self.model.unfinished() {
            command.args(["--again", &format!("{session}={text}")]);
        }
        let mut child = command.spawn()?;
        let Some(stdout) = child.stdout.take() else {
            return Err("the child has no stdout".into());
        };
        let mut notes = BufReader::new(stdout).lines();
        let random_time =
            (place.is_none() && !settles).then(|| self.random.u64(1..self.database.longest_life()));
        let wait = random_time.map_or(STUCK, Duration::from_millis);
        let mut left = Left::Killed;
        match timeout(wait, self.listen(&mut notes)).await {
            Ok(ended) => left = ended?,
            Err(_) if random_time.is_none() => {
                let message = format!("a child of seed {} is stuck at {place:?}", self.seed);
                self.model.problems.push(message);
            }
            Err(_) => {}
        }
        if matches!(left, Left::Killed) {
            child.start_kill()?;
        }
        // What was written before the kill is in the pipe.
        self.listen(&mut notes).await?;
        let status = child.wait().await?;
        if matches!(left, Left::Done) && !status.success() {
            let message = format!("a child of seed {} ended with {status}", self.seed);
            self.model.problems.push(message);
        }
        Ok(left)
    }

    /// Reads notes until the child has reached its place, or ended.
    async fn listen(&mut self, notes: &mut Lines<BufReader<ChildStdout>>) -> Result<Left, Failure> {
        while let Some(line) = notes.next_line().await? {
            let log = format!("{} {line}\n", self.children);
            self.log.write_all(log.as_bytes())?;
            // The last line of a killed child may be cut.
            let Ok(note) = serde_json::from_str::<Note>(&line) else {
                continue;
            };
            if note == Note::Reached {
                return Ok(Left::Killed);
            }
            self.model.note(note);
        }
        Ok(Left::Done)
    }

    async fn check(&mut self, when: When, report: &mut Report) -> Result<(), Failure> {
        let found = self.database.check(&mut self.model, when).await?;
        let (seed, child) = (self.seed, self.children);
        let named = found
            .into_iter()
            .map(|what| format!("seed {seed}, child {child}: {what}"));
        report.violations.extend(named);
        Ok(())
    }
}

fn place_of(point: &str) -> &str {
    point.rsplit_once(':').map_or(point, |(place, _)| place)
}
