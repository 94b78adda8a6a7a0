package dev.muster.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.utils.Bytes;

/**
 * Contents of stores as a release left them, in a file that never changes: later releases must be able to go on with
 * it. To write one for a new format: {@code mvn -pl registry-streams test -Dtest=OlderStoresTest,OlderTerminalsTest
 * -Dmuster.stores.write=VERSION}, under a new name.
 */
public final class StoreDump {
    /** Name of the version to be written; empty: none is. */
    public static final String WRITE = System.getProperty("muster.stores.write", "");

    private StoreDump() {}

    /** A key with its value, as bytes. */
    public record Entry(String store, Bytes key, Bytes value) {}

    /** @param name of a resource beside this class */
    public static List<Entry> read(String name) {
        try (InputStream dump = Objects.requireNonNull(StoreDump.class.getResourceAsStream(name))) {
            return new String(dump.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .map(line -> line.split(" ", -1))
                    .map(words -> new Entry(
                            words[0],
                            Bytes.wrap(HexFormat.of().parseHex(words[1])),
                            Bytes.wrap(HexFormat.of().parseHex(words[2]))))
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public static void write(String name, List<Entry> entries) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Entry entry : entries) {
            text.append(entry.store())
                    .append(' ')
                    .append(HexFormat.of().formatHex(entry.key().get()))
                    .append(' ')
                    .append(HexFormat.of().formatHex(entry.value().get()))
                    .append('\n');
        }
        Files.writeString(Path.of("src/test/resources/dev/muster/registry", name), text.toString());
    }
}
