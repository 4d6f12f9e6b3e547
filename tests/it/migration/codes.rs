//! One-time codes: what can be sent and tried, by phone, address, prefix and purpose, and that no stranger can use up
//! what is somebody else's.

use super::*;
use guiyi::domain::contact::Phone;
use guiyi::notify::codes::{Asker, Binding, Recipient, Sent, Verified};
use guiyi::notify::texts::Purpose;

fn asker(address: &str) -> Asker {
    Asker { address: address.to_owned(), factor: 1 }
}

fn binding(purpose: Purpose, transaction: &str, phone: &str) -> Binding {
    Binding { purpose, transaction: transaction.to_owned(), to: Recipient::Phone(Phone::parse(phone).unwrap()) }
}

async fn send(world: &World, binding: &Binding, address: &str) -> Sent {
    world.app.send_code(binding.clone(), asker(address)).await.unwrap()
}

async fn try_code(world: &World, binding: &Binding, address: &str, code: &str) -> Verified {
    let (keys, binding, asker) = (std::sync::Arc::clone(&world.app.keys), binding.clone(), asker(address));
    let (code, now) = (code.to_owned(), world.clock.now());
    world
        .app
        .db
        .write::<_, guiyi::storage::StorageError, _>(move |tx| {
            Box::pin(async move { guiyi::notify::codes::verify(tx, &keys, (&binding, &asker), &code, now).await })
        })
        .await
        .unwrap()
}

both! {
    async fn strangers_can_not_use_up_the_codes_of_a_sign_in(world) {
        for n in 0..12 {
            send(&world, &binding(Purpose::Migration, &format!("journey-{n}"), LIMING.phone), &format!("10.0.0.{n}")).await;
            world.advance(61);
        }
        let sent = world.messages(LIMING.phone).await.len();
        assert!(sent <= 4, "an hour's share: {sent}");
        assert_eq!(send(&world, &binding(Purpose::SignIn, "account", LIMING.phone), "10.0.1.1").await, Sent::Sent);
    }

    async fn one_address_does_not_use_up_a_phone_s_day(world) {
        let mut sent = 0;
        for n in 0..8 {
            let one = binding(Purpose::Registration, &format!("journey-{n}"), LIMING.phone);
            sent += usize::from(send(&world, &one, "10.0.0.1").await == Sent::Sent);
            world.advance(60 * 60);
        }
        assert_eq!(sent, 5);
        let other = binding(Purpose::Migration, "the owner's journey", LIMING.phone);
        assert_eq!(send(&world, &other, "10.0.0.2").await, Sent::Sent);
    }

    async fn sending_is_limited_by_address_and_prefix(world) {
        let mut sent = 0;
        for n in 0..40 {
            let one = binding(Purpose::Migration, &format!("journey-{n}"), &format!("139{n:04}0001"));
            sent += usize::from(send(&world, &one, "10.0.0.1").await == Sent::Sent);
        }
        assert_eq!(sent, 30, "one address in an hour");
        let mut sent = 0;
        for n in 0..120 {
            let one = binding(Purpose::Migration, &format!("block-{n}"), &format!("1380000{n:04}"));
            sent += usize::from(send(&world, &one, &format!("10.1.{n}.1")).await == Sent::Sent);
        }
        assert_eq!(sent, 100, "a block of numbers in an hour");
    }

    async fn at_the_day_s_budget_sending_stops(world) {
        let now = world.clock.now();
        let day = guiyi::storage::limits::Limit::new(60_000, 24 * 60 * 60);
        world.app.db.write::<_, guiyi::storage::StorageError, _>(move |tx| Box::pin(async move {
            guiyi::storage::limits::hit(tx, "sms purpose migration", day, now).await
        })).await.unwrap();
        world.execute("UPDATE limits SET hits = 30000 WHERE subject = 'sms purpose migration'").await;
        assert_eq!(send(&world, &binding(Purpose::Migration, "j", LIMING.phone), "10.0.0.1").await, Sent::Limited);
        let other = binding(Purpose::SignIn, "account", ZHANGWEI.phone);
        assert_eq!(send(&world, &other, "10.0.0.1").await, Sent::Sent, "each purpose has its own");
    }

    async fn wrong_codes_are_counted_by_transaction_phone_and_address(world) {
        let mine = binding(Purpose::Migration, "journey", LIMING.phone);
        send(&world, &mine, "10.0.0.1").await;
        let code = world.code(LIMING.phone).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert_eq!(try_code(&world, &mine, "10.0.0.1", wrong).await, Verified::Wrong);
        }
        assert_eq!(try_code(&world, &mine, "10.0.0.1", &code).await, Verified::Spent, "five tries of one code");
        world.advance(61);
        send(&world, &mine, "10.0.0.1").await;
        for _ in 0..5 {
            try_code(&world, &mine, "10.0.0.1", wrong).await;
        }
        world.advance(61);
        send(&world, &mine, "10.0.0.1").await;
        let code = world.code(LIMING.phone).await;
        let limited = try_code(&world, &mine, "10.0.0.1", &code).await;
        assert_eq!(limited, Verified::Limited, "a new code doesn't reset the count");
        // Thirty wrong ones from one address, for whomever, and the address waits; another one doesn't.
        for n in 0..6 {
            let one = binding(Purpose::Migration, &format!("sweep-{n}"), &format!("1360000{n:04}"));
            send(&world, &one, &format!("10.9.0.{n}")).await;
            for _ in 0..5 {
                try_code(&world, &one, "10.0.0.1", "999999").await;
            }
        }
        let fresh = binding(Purpose::Migration, "fresh", ZHANGWEI.phone);
        send(&world, &fresh, "10.0.0.3").await;
        let code = world.code(ZHANGWEI.phone).await;
        assert_eq!(try_code(&world, &fresh, "10.0.0.1", &code).await, Verified::Limited);
        assert_eq!(try_code(&world, &fresh, "10.0.0.3", &code).await, Verified::Right);
    }
}
