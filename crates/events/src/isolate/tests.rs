use std::panic::panic_any;

use super::*;

/// A payload that panics this many times when dropped.
pub(crate) struct Bomb(pub(crate) u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Bomb(self.0 - 1));
        }
    }
}

#[test]
fn panics_become_their_message() {
    assert_eq!(catch(|| 7), Ok(7));
    assert_eq!(catch(|| panic!("boom")), Err::<(), _>("boom".to_owned()));
    let number = 3;
    assert_eq!(
        catch(|| panic!("boom {number}")),
        Err::<(), _>("boom 3".to_owned())
    );
    assert_eq!(
        catch(|| panic_any(3)),
        Err::<(), _>("without a message".to_owned())
    );
}

#[test]
fn a_payload_that_panics_stays_here_too() {
    for depth in [1, 2, 5] {
        assert_eq!(
            catch(|| panic_any(Bomb(depth))),
            Err::<(), _>("without a message".to_owned())
        );
    }
}
