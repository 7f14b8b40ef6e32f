"""Real servers and programs, for the tests and for ``make shop``.

`server` is what they have in common; `postgres`, `pgbouncer`, `valkey`, `nats`,
`rabbitmq` and `temporal` start one each, from its wheel or package.
`payment_provider` is a stand-in for somebody else's service, `shop` runs the
reference service on all of them. `process` and `ports` keep what they take from
being left or lost.
"""
