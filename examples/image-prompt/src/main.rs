//! A prompt with images: files, or URLs that the provider fetches.
//!
//! ```text
//! $ cargo run -p image-prompt -- --image photo.jpg "What is in this picture?"
//! ```
//!
//! Expected output: the block in this example's README.md (the answer on stdout, everything else on
//! stderr), with the embedded demo provider, which notices that there is an image but cannot see
//! it.

use std::{fs, path::Path, process::ExitCode};

use clap::Parser;
use example_support::{Failure, Options, follow, main_with};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_turns::ImagePart;

/// A red pixel, the default image.
const PIXEL: &[u8] = include_bytes!("../pixel.png");

#[derive(Debug, Parser)]
#[command(about = "Asks a model about images")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// File or URL of an image; repeatable [default: a red pixel].
    #[arg(long = "image", value_name = "FILE|URL")]
    images: Vec<String>,
    /// What to ask.
    #[arg(default_value = "What is in this picture?")]
    prompt: String,
}

fn image(from: &str) -> Result<ImagePart, Failure> {
    if from.starts_with("https://") || from.starts_with("http://") {
        return Ok(ImagePart::url(from));
    }
    let unreadable = |error| Failure::Setting(format!("cannot read the image {from}: {error}"));
    let bytes = fs::read(from).map_err(unreadable)?;
    let extension = Path::new(from).extension().unwrap_or_default();
    let media_type = match extension.to_string_lossy().to_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        _ => {
            let message = format!("{from} is not a PNG, JPEG, GIF or WebP file by its name");
            return Err(Failure::Setting(message));
        }
    };
    Ok(ImagePart::bytes(media_type, bytes))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    main_with(&cli.options, async |provider, printer| {
        let mut images = Vec::new();
        for from in &cli.images {
            images.push(image(from)?);
        }
        if images.is_empty() {
            images.push(ImagePart::bytes("image/png", PIXEL));
        }
        let session = Session::new(Builder::new(provider.engine()?).event_sink(printer.clone()));
        let run = session
            .submit_with_images(cli.prompt.as_str(), images)
            .await?;
        follow(run, &provider, &printer).await
    })
}
