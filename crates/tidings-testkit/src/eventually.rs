//! Waiting for something that another task does.

use std::time::Duration;

/// How long [`eventually!`](crate::eventually) waits before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often it looks.
const INTERVAL: Duration = Duration::from_millis(5);

/// Waits until `look` finds something; `None` after [`PATIENCE`].
pub async fn poll_until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let found = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.ok()
}

/// Waits until an expression is true, and fails the test if it does not become so.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut tries = 0;
/// tidings_testkit::eventually!({ tries += 1; tries > 2 });
/// # }
/// ```
#[macro_export]
macro_rules! eventually {
    ($condition:expr $(,)?) => {
        assert!(
            $crate::poll_until(|| ($condition).then_some(())).await.is_some(),
            "this did not become true: {}",
            stringify!($condition)
        )
    };
}
