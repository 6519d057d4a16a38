use super::*;

#[test]
fn what_a_cut_prints_is_read_back() {
    let mut cuts = vec![
        Cut::None,
        Cut::Wait(0),
        Cut::Poll(12),
        Cut::Event(3),
        Cut::Shutdown(4),
        Cut::Streams(5),
    ];
    for seam in Seam::ALL {
        cuts.extend([Cut::Error(*seam, 1), Cut::Panic(*seam, 2)]);
    }
    for cut in cuts {
        assert_eq!(cut.to_string().parse(), Ok(cut));
    }
}

#[test]
fn what_is_no_cut_is_told_what_is() {
    for text in [
        "",
        "wait",
        "wait:x",
        "none:1",
        "error:1",
        "panic:nobody:1",
        "event:1:2",
    ] {
        let error = text.parse::<Cut>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{text}` is no cut")), "{error}");
        assert!(error.ends_with("ids, journal, snapshot"), "{error}");
    }
}
