//! Events sell on a runtime of their own: whatever else is busy does not stand before them.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use boxoffice::box_office::BoxOffice;
use boxoffice::limits::Limits;
use boxoffice::runtime::Tasks;
use boxoffice::time::Clock;
use tokio::runtime::Builder;

use crate::house::House;
use crate::sale::{ask, event};

/// How long a group may take on a machine that has other things to do.
const COMMIT_MAX: Duration = Duration::from_secs(20);

#[test]
fn a_group_is_committed_while_the_callers_runtime_stands_still() {
    let sales = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let sales = sales.expect("a runtime");
    let callers = Builder::new_current_thread().enable_all().build();
    callers.expect("a runtime").block_on(async {
        let house = House::selling(event().with_grade("R", 2)).await;
        let mut ports = house.ports("a");
        ports.tasks = Tasks::on(sales.handle().clone());
        let node = BoxOffice::new(ports, Limits::default());
        let mut booked = pin!(house.reserve(&node, ask("mina", 1)));
        // The other runtime may be so fast that the answer is there before this has been asked for it.
        let first = poll_fn(|context| Poll::Ready(booked.as_mut().poll(context))).await;
        // From here on nothing else is polled on this runtime, which has no other thread.
        let sent = house.clock.instant();
        while house.store.group_sizes().is_empty() {
            assert!(house.clock.instant().since(sent) < COMMIT_MAX);
            std::thread::yield_now();
        }
        let booked = match first {
            Poll::Ready(booked) => booked,
            Poll::Pending => booked.await,
        };
        booked.expect("a reservation");
    });
}
