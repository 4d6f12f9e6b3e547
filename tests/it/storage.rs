//! The store itself, on both engines.

use std::time::Duration;

use guiyi::storage::limits::{self, Limit};
use guiyi::storage::{StorageError, leases, outbox, statements, tickets};

both! {
    async fn every_statement_is_one_that_the_engine_takes(world) {
        let mut count = 0;
        for sql in statements() {
            world.app.db.prepare(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
            count += 1;
        }
        assert!(count > 50, "{count} statements");
    }

    async fn a_failed_write_leaves_nothing_and_disturbs_no_other(world) {
        let mut set = tokio::task::JoinSet::new();
        let now = world.clock.now();
        for n in 0..40 {
            let db = world.app.db.clone();
            set.spawn(async move {
                db.write::<(), StorageError, _>(move |tx| Box::pin(async move {
                    tickets::spend(tx, &format!("t{n}"), now.plus(Duration::from_secs(60))).await?;
                    if n % 2 == 0 { Ok(()) } else { Err(StorageError::Closed) }
                })).await.is_ok()
            });
        }
        let kept = set.join_all().await.into_iter().filter(|ok| *ok).count();
        assert_eq!(kept, 20);
        assert_eq!(world.count("spent_tickets").await, 20);
    }

    async fn writes_of_one_statement_stand_among_failed_ones(world) {
        let mut set = tokio::task::JoinSet::new();
        let until = world.clock.now().plus(Duration::from_secs(60));
        for n in 0..60 {
            let db = world.app.db.clone();
            set.spawn(async move {
                let name = format!("t{n}");
                match n % 3 {
                    0 => db.write_one(move |tx| Box::pin(async move { tickets::spend(tx, &name, until).await })).await.is_ok(),
                    failing => db.write::<(), StorageError, _>(move |tx| Box::pin(async move {
                        tickets::spend(tx, &name, until).await?;
                        if failing == 1 { Ok(()) } else { Err(StorageError::Closed) }
                    })).await.is_ok(),
                }
            });
        }
        assert_eq!(set.join_all().await.into_iter().filter(|ok| *ok).count(), 40);
        assert_eq!(world.count("spent_tickets").await, 40);
    }

    async fn a_panic_in_a_write_is_an_error_of_its_own_caller_only(world) {
        let now = world.clock.now();
        let db = world.app.db.clone();
        let broken = tokio::spawn(async move {
            db.write::<(), StorageError, _>(move |tx| Box::pin(async move {
                tickets::spend(tx, "broken", now).await?;
                panic!("a bug")
            })).await
        }).await;
        assert!(!matches!(broken, Ok(Ok(()))));
        world.app.db.write::<_, StorageError, _>(move |tx| Box::pin(async move { tickets::spend(tx, "sound", now).await })).await.unwrap();
        assert_eq!(world.count("spent_tickets").await, 1);
    }

    async fn a_limit_lets_exactly_its_number_through_at_once(world) {
        let mut set = tokio::task::JoinSet::new();
        let now = world.clock.now();
        for _ in 0..32 {
            let db = world.app.db.clone();
            set.spawn(async move {
                db.write::<bool, StorageError, _>(move |tx| Box::pin(async move {
                    limits::hit(tx, "subject", Limit::new(5, 60), now).await
                })).await.unwrap()
            });
        }
        assert_eq!(set.join_all().await.into_iter().filter(|passed| *passed).count(), 5);
        world.advance(60);
        let now = world.clock.now();
        let again = world.app.db.write::<bool, StorageError, _>(move |tx| Box::pin(async move {
            limits::hit(tx, "subject", Limit::new(5, 60), now).await
        })).await.unwrap();
        assert!(again, "the next window");
    }

    async fn a_lease_has_one_holder_until_it_ends(world) {
        let take = async |holder: &'static str| {
            let now = world.clock.now();
            world.app.db.write::<bool, StorageError, _>(move |tx| Box::pin(async move {
                leases::take(tx, "work", holder, now, Duration::from_secs(10)).await
            })).await.unwrap()
        };
        assert!(take("a").await && !take("b").await && take("a").await);
        world.advance(11);
        assert!(take("b").await && !take("a").await);
    }

    async fn messages_survive_a_gateway_that_is_down_and_are_sent_once(world) {
        use guiyi::demo::Mode;
        use guiyi::ids::MessageId;
        let (keys, random, now) = (world.app.keys.clone(), world.app.random.clone(), world.clock.now());
        world.neighbours.inbox.set_mode(Mode::Down);
        world.app.db.write::<(), StorageError, _>(move |tx| Box::pin(async move {
            let message = outbox::Message::Sms { to: "19900000042".into(), text: "hello".into() };
            outbox::push(tx, &keys, &MessageId::mint(now, &random), &message, now, Duration::from_secs(600)).await
        })).await.unwrap();
        assert_eq!(guiyi::jobs::deliver(&world.app).await.unwrap(), 0);
        world.neighbours.inbox.set_mode(Mode::Up);
        assert_eq!(guiyi::jobs::deliver(&world.app).await.unwrap(), 0, "not before its pause is over");
        world.advance(2);
        let (other, _) = world.second_node().await;
        let (a, b) = tokio::join!(guiyi::jobs::deliver(&world.app), guiyi::jobs::deliver(&other));
        assert_eq!(a.unwrap() + b.unwrap(), 1, "one node sends it");
        assert_eq!(world.messages("19900000042").await, ["hello"]);
        let (keys, random, now) = (world.app.keys.clone(), world.app.random.clone(), world.clock.now());
        world.app.db.write::<(), StorageError, _>(move |tx| Box::pin(async move {
            let message = outbox::Message::Sms { to: "19900000043".into(), text: "late".into() };
            outbox::push(tx, &keys, &MessageId::mint(now, &random), &message, now, Duration::from_secs(60)).await
        })).await.unwrap();
        world.advance(61);
        assert!(world.messages("19900000043").await.is_empty(), "nothing is sent late");
    }

    async fn a_sweep_goes_on_until_a_large_backlog_is_gone(world) {
        let now = world.clock.now();
        world.app.db.write::<(), StorageError, _>(move |tx| Box::pin(async move {
            for n in 0..1300 {
                tickets::spend(tx, &format!("t{n}"), now).await?;
            }
            Ok(())
        })).await.unwrap();
        world.advance(1);
        guiyi::jobs::clear(&world.app).await.unwrap();
        assert_eq!(world.count("spent_tickets").await, 0);
    }

    async fn a_sweep_removes_what_has_expired_and_nothing_else(world) {
        crate::migration::migrate(&world, &crate::migration::LIMING).await;
        let sweep = async || {
            let now = world.clock.now();
            world.app.db.write::<u64, StorageError, _>(move |tx| Box::pin(async move {
                guiyi::storage::sweep::sweep(tx, now).await
            })).await.unwrap()
        };
        assert_eq!(sweep().await, 0);
        world.advance(3 * 24 * 60 * 60);
        assert!(sweep().await > 0);
        for (table, rows) in [("accounts", 1), ("legacy_links", 1), ("journeys", 0), ("sessions", 0), ("one_time_codes", 0), ("spent_tickets", 0)] {
            assert_eq!(world.count(table).await, rows, "{table}");
        }
    }
}
