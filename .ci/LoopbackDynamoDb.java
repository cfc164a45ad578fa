import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Starts Amazon's DynamoDB Local on 127.0.0.1 only. Its own command line has no option for that and listens on every
 * interface, so the connector that it builds gets its host here, before it is opened.
 *
 * <p>Arguments: the port (0 takes a free one), the file to write the port to once requests are answered, and the file
 * to write the number of answered requests to at the end. It stops when its standard input is closed, so it cannot
 * outlive the script that started it.
 */
class LoopbackDynamoDb {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        Path ready = Path.of(args[1]);
        Path count = Path.of(args[2]);

        // "-port 0" is refused, so the port is set on the connector as well; this one is never opened.
        DynamoDBProxyServer dynamodb = ServerRunner.createServerFromCommandLineArgs(
                new String[] {"-inMemory", "-sharedDb", "-disableTelemetry", "-port", "8000"});
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        Server jetty = (Server) field.get(dynamodb);
        if (jetty.getConnectors().length != 1 || !(jetty.getConnectors()[0] instanceof ServerConnector)) {
            throw new IllegalStateException("this DynamoDB Local does not have the one connector that is expected");
        }
        ServerConnector connector = (ServerConnector) jetty.getConnectors()[0];
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        AtomicLong requests = new AtomicLong();
        jetty.setRequestLog((request, response) -> requests.incrementAndGet());

        try {
            dynamodb.safeStart(); // start() would swallow "address already in use"
        } catch (IOException | IllegalArgumentException refused) {
            Throwable cause = refused.getCause() == null ? refused : refused.getCause();
            System.err.println("cannot listen on 127.0.0.1:" + port + ": " + cause.getMessage());
            System.exit(1);
        }
        String url = "http://127.0.0.1:" + connector.getLocalPort();
        listTables(url);
        requests.set(0);
        publish(ready, Integer.toString(connector.getLocalPort()));

        while (System.in.read() >= 0) {}
        publish(count, Long.toString(requests.get()));
        dynamodb.stop();
        System.exit(0); // SQLite's threads are not daemons
    }

    /** Ready means that an operation is answered, not merely that the port is open. */
    private static void listTables(String url) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/x-amz-json-1.0")
                .header("X-Amz-Target", "DynamoDB_20120810.ListTables")
                .header("Authorization", "AWS4-HMAC-SHA256 Credential=local/20200101/local/dynamodb/aws4_request, "
                        + "SignedHeaders=host, Signature=0")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException("ListTables answered " + response.statusCode() + ": " + response.body());
        }
    }

    /** Whoever waits for the file must never read half of it. */
    private static void publish(Path file, String text) throws Exception {
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        Files.writeString(unfinished, text);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
