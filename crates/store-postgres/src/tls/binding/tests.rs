use super::{element, hash};

#[test]
fn elements_are_cut_out_by_their_lengths() {
    assert_eq!(
        element(&[0x30, 2, 1, 2, 3], 0x30),
        Some((&[1, 2][..], &[3][..]))
    );
    assert_eq!(
        element(&[0x30, 0x81, 1, 9], 0x30),
        Some((&[9][..], &[][..]))
    );
    assert_eq!(element(&[0x31, 0], 0x30), None);
    assert_eq!(element(&[0x30, 3, 1], 0x30), None);
    assert_eq!(element(&[0x30, 0x85, 0, 0, 0, 0, 1, 1], 0x30), None);
    assert_eq!(element(&[], 0x30), None);
}

#[test]
fn only_known_signatures_bind() {
    let certificate = |oid: &[u8]| {
        let mut algorithm = vec![0x06, u8::try_from(oid.len()).unwrap()];
        algorithm.extend(oid);
        let mut content = vec![0x30, 0, 0x30, u8::try_from(algorithm.len()).unwrap()];
        content.extend(algorithm);
        let mut all = vec![0x30, u8::try_from(content.len()).unwrap()];
        all.extend(content);
        all
    };
    let known = hash(&certificate(&[
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
    ]));
    assert_eq!(known.map(|hash| hash.len()), Some(32));
    assert_eq!(
        hash(&certificate(&[
            0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03
        ])),
        None
    );
    assert_eq!(hash(b"no certificate"), None);
}
