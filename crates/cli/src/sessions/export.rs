//! `geppetto sessions export`.

use std::{io::Write as _, path::PathBuf, sync::Arc};

use geppetto_store::{SessionStore, export_yaml};

use crate::{continued, failure::Failure};

/// Write a session to a file or to standard output.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The session, or the beginning of its id.
    session: String,
    /// The form: `jsonl` has everything and can be imported.
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
    /// The file [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// All turns and events, one JSON object a line.
    #[default]
    Jsonl,
    /// The latest turn in geppetto's format.
    Yaml,
    /// The conversation as a document.
    Markdown,
}

impl Export {
    pub(super) async fn run(self, store: &Arc<dyn SessionStore>) -> Result<(), Failure> {
        let session = continued::find(&**store, &self.session).await?;
        let mut out = Out::open(self.output)?;
        match self.format {
            Format::Jsonl => {
                let mut export = geppetto_store::Export::new(&**store, &session).await?;
                while let Some(lines) = export.next().await? {
                    out.write(&lines)?;
                }
            }
            Format::Yaml => out.write(&export_yaml(&**store, &session, None).await?)?,
            Format::Markdown => out.write(&super::show::document(store, &session).await?)?,
        }
        out.finish()
    }
}

/// A file that replaces another one when it is complete, or standard output.
enum Out {
    File {
        file: std::fs::File,
        new: PathBuf,
        path: PathBuf,
    },
    Stdout,
}

impl Out {
    fn open(path: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Ok(Self::Stdout);
        };
        // A link to a file stays one.
        let path = match std::fs::canonicalize(&path) {
            Ok(target) if target.is_file() => target,
            _ => path,
        };
        let mut new = path.as_os_str().to_owned();
        let mut options = std::fs::OpenOptions::new();
        options.write(true);
        let is_file = std::fs::metadata(&path).is_ok_and(|found| found.is_file());
        if is_file || !path.exists() {
            new.push(".new");
            options.create(true).truncate(true);
        }
        let new = PathBuf::from(new);
        // A conversation is for its owner alone.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&new)
            .map_err(|error| unwritable(&path, &error))?;
        Ok(Self::File { file, new, path })
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let mut stdout = std::io::stdout().lock();
                let written = stdout.write_all(text.as_bytes());
                written.map_err(|error| Failure::of_output(&error))
            }
            Self::File { file, path, .. } => {
                let written = file.write_all(text.as_bytes());
                written.map_err(|error| unwritable(path, &error))
            }
        }
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let flushed = std::io::stdout().flush();
                flushed.map_err(|error| Failure::of_output(&error))
            }
            // A pipe or a device, such as /dev/stdout.
            Self::File { new, path, .. } if new == path => Ok(()),
            Self::File { file, new, path } => {
                let done = file.sync_all().and_then(|()| std::fs::rename(&new, &path));
                done.map_err(|error| unwritable(&path, &error))
            }
        }
    }
}

fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::Run(format!("cannot write `{}`: {error}", path.display()))
}
