//! Runs an attempt with folders on a separate thread.
//!
//! Calls of the file system block. Passing each call to another thread would need two thread switches, which take ten
//! times as long as the call. So the whole attempt runs on a thread that may block, and makes its calls there.
//!
//! The deadline still applies, because the caller waits for the thread or the deadline, whichever comes first. If the
//! thread hangs in the kernel (an unreachable network folder), the attempt is abandoned, and the thread ends when the
//! kernel call returns. The deadline applies to the guest; the host's work after the guest has ended has a separate limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::capabilities::progress::Cancel;
use crate::error::ResourceLimit;
use crate::{AttemptError, limits};

/// The caller waits this much longer than the time limit of the attempt.
const LATER: Duration = Duration::from_secs(1);

/// The time limit for the host's work after the plugin has ended: closing databases and files, removing secrets from
/// the report.
const HOST_WORK: Duration = Duration::from_mins(1);

/// Runs `work` on a thread that may block. Ends the work if the caller does not wait any more. `work` sets
/// `guest_ended` when the guest has ended.
pub(crate) async fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    wall: Duration,
    cancel: Cancel,
    guest_ended: Arc<AtomicBool>,
) -> Result<T, AttemptError> {
    let runtime = Handle::current();
    // `waiting` is dropped with this future. Dropping `waiting` completes `gone`, which ends the work on the thread.
    let (waiting, gone) = oneshot::channel::<()>();
    let thread = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                done = work => Some(done),
                _ = gone => None,
            }
        })
    });
    let ended = tokio::select! {
        ended = thread => match ended {
            Ok(Some(done)) => Ok(done),
            Ok(None) => Err(AttemptError::Cancelled),
            Err(broken) => Err(AttemptError::Trap(format!("the attempt failed: {broken}"))),
        },
        () = async { tokio::time::sleep(wall + LATER).await; host_work(&guest_ended).await } => Err(wall_hit(wall)),
        () = async {
            cancel.asked().await;
            tokio::time::sleep(limits::CANCEL_GRACE + LATER).await;
            host_work(&guest_ended).await;
        } => Err(AttemptError::Cancelled),
    };
    drop(waiting);
    ended
}

/// If the guest has ended, waits for the time limit of the host's work.
async fn host_work(guest_ended: &AtomicBool) {
    if guest_ended.load(Ordering::Acquire) {
        tokio::time::sleep(HOST_WORK).await;
    }
}

fn wall_hit(wall: Duration) -> AttemptError {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    AttemptError::Limit { resource: ResourceLimit::Wall, used: milliseconds(wall + LATER), limit: milliseconds(wall) }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_hanging_thread_does_not_block_the_caller() {
        let begun = Instant::now();
        let hangs = async { std::thread::sleep(Duration::from_secs(3)) };
        let ended = run(hangs, Duration::from_millis(10), Cancel::default(), Arc::default()).await;
        assert!(matches!(ended, Err(AttemptError::Limit { resource: ResourceLimit::Wall, .. })), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(3));
    }

    #[tokio::test]
    async fn work_without_a_caller_ends() {
        struct EndGuard(Arc<AtomicBool>);
        impl Drop for EndGuard {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Release);
            }
        }
        let ended = Arc::new(AtomicBool::new(false));
        let guard = EndGuard(Arc::clone(&ended));
        let work = async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        };
        let waited = tokio::time::timeout(
            Duration::from_millis(50),
            run(work, Duration::from_mins(1), Cancel::default(), Arc::default()),
        );
        assert!(waited.await.is_err());
        let begun = Instant::now();
        while !ended.load(Ordering::Acquire) {
            assert!(begun.elapsed() < Duration::from_secs(10), "the work still runs");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn the_result_of_the_work_is_returned() {
        assert_eq!(run(async { 7 }, Duration::from_secs(1), Cancel::default(), Arc::default()).await, Ok(7));
    }

    #[tokio::test]
    async fn work_of_the_host_after_the_guest_is_not_charged_to_the_guest() {
        let guest_ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&guest_ended);
        let work = async move {
            told.store(true, Ordering::Release);
            std::thread::sleep(LATER + Duration::from_millis(500));
            7
        };
        assert_eq!(run(work, Duration::from_millis(10), Cancel::default(), guest_ended).await, Ok(7));
    }
}
