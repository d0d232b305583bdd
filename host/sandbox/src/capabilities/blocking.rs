//! Runs blocking work on a separate thread, so that it blocks neither the runtime nor the attempt's deadline. If the
//! attempt ends first, the work gets a signal to stop.

/// Calls the stop function if it is dropped before the work is done.
struct CancelOnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for CancelOnDrop<F> {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

/// Awaits `work`. Calls `end` if this future is dropped before `work` is done.
pub(super) async fn ending<T>(end: impl FnOnce(), work: impl Future<Output = T>) -> T {
    let mut guard = CancelOnDrop(Some(end));
    let done = work.await;
    guard.0 = None;
    done
}

/// Runs `work` on a thread that may block. Calls `end` if this future is dropped first. Returns `None` if `work`
/// panicked.
pub(super) async fn blocking<T: Send + 'static>(
    end: impl FnOnce(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    ending(end, tokio::task::spawn_blocking(work)).await.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn work_without_a_caller_is_asked_to_stop_and_finished_work_is_not() {
        let told = AtomicBool::new(false);
        ending(|| told.store(true, Ordering::Relaxed), async {}).await;
        assert!(!told.load(Ordering::Relaxed));
        {
            let endless = ending(|| told.store(true, Ordering::Relaxed), std::future::pending::<()>());
            tokio::pin!(endless);
            assert!(futures_poll(endless.as_mut()).await);
        }
        assert!(told.load(Ordering::Relaxed));
    }

    /// Polls once. Returns whether the work is still running.
    async fn futures_poll(mut work: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        std::future::poll_fn(|context| std::task::Poll::Ready(work.as_mut().poll(context).is_pending())).await
    }
}
