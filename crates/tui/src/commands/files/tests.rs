use std::path::{Path, PathBuf};

use super::{Format, Part, attach, path, write_new};

/// A file that is removed at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &[u8]) -> Self {
        let folder = std::env::temp_dir();
        let path = folder.join(format!("geppetto-tui-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn paths_are_read_as_terminals_insert_them() {
    assert_eq!(path("'a b.png'"), Path::new("a b.png"));
    assert_eq!(path("\"a b.png\""), Path::new("a b.png"));
    #[cfg(unix)]
    assert_eq!(path(r"a\ b.png"), Path::new("a b.png"));
}

#[test]
fn images_are_known_by_their_content() {
    let image = File::new("cat.txt", b"\x89PNG\r\n\x1a\n");
    let attached = attach(&image.0, true).unwrap();
    let Part::Image(part) = attached.part else {
        panic!("it is an image");
    };
    assert_eq!(
        part.to_url().unwrap().split(';').next(),
        Some("data:image/png")
    );
    let text = File::new("cat.png", b"not an image");
    assert!(attach(&text.0, true).unwrap_err().contains("/file"));
}

#[test]
fn files_have_their_name_and_type() {
    let file = File::new("a.csv", b"a,b");
    let Part::File(part) = attach(&file.0, false).unwrap().part else {
        panic!("it is a file");
    };
    assert!(part.name.unwrap().ends_with("a.csv"));
    assert_eq!(part.media_type.as_deref(), Some("text/csv"));
}

#[test]
fn what_cannot_be_attached_is_named() {
    assert!(
        attach(Path::new("/nowhere/a"), false)
            .unwrap_err()
            .contains("/nowhere/a")
    );
    let folder = std::env::temp_dir();
    assert!(attach(&folder, false).unwrap_err().contains("not a file"));
}

#[test]
fn formats_have_their_extensions() {
    assert_eq!(Format::of(Path::new("a.yml")), Some(Format::Yaml));
    assert_eq!(Format::of(Path::new("a.md")), Some(Format::Markdown));
    assert_eq!(Format::of(Path::new("a.txt")), None);
    assert_eq!(Format::of(Path::new("a")), None);
}

#[test]
fn files_are_not_replaced() {
    let file = File::new("kept.md", b"kept");
    assert!(
        write_new(&file.0, "new")
            .unwrap_err()
            .contains("exists already")
    );
    assert_eq!(std::fs::read(&file.0).unwrap(), b"kept");
}
