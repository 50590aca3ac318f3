# Root gives the data to RabbitMQ's own user and becomes it.
chown -R rabbitmq:rabbitmq /var/lib/rabbitmq
export HOME=/var/lib/rabbitmq RABBITMQ_LOGS=-
exec setpriv --reuid rabbitmq --regid rabbitmq --init-groups "/usr/lib/rabbitmq/bin/$1"
