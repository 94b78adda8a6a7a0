package dev.muster.local.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataDirTest {
    @TempDir
    Path temp;

    @Test
    void the_option_wins_over_the_variable_and_the_variable_over_the_home() {
        Map<String, String> variables = Map.of("MUSTER_DATA_DIR", "/var/v");
        assertThat(DataDir.of(Optional.of(Path.of("/o")), variables, "/home/a").root())
                .isEqualTo(Path.of("/o"));
        assertThat(DataDir.of(Optional.empty(), variables, "/home/a").root()).isEqualTo(Path.of("/var/v"));
        assertThat(DataDir.of(Optional.empty(), Map.of(), "/home/a").root()).isEqualTo(Path.of("/home/a/.muster"));
    }

    @Test
    void a_second_user_of_the_directory_is_told_who_has_it() {
        DataDir dir = new DataDir(temp.resolve("d"));
        try (DirLock first = dir.lock()) {
            assertThat(first).isNotNull();
            assertThat(dir.holder()).contains(ProcessHandle.current().pid());
            assertThatThrownBy(dir::lock)
                    .isInstanceOf(StartFailure.class)
                    .hasMessage("the data directory " + dir.root() + " is in use by process "
                            + ProcessHandle.current().pid());
        }
        dir.lock().close();
    }

    @Test
    void a_directory_whose_process_is_gone_has_no_holder() throws Exception {
        DataDir dir = new DataDir(temp.resolve("d"));
        assertThat(dir.holder()).isEmpty();
        Files.writeString(dir.create().root().resolve("lock"), Long.MAX_VALUE + "\n");
        assertThat(dir.holder()).isEmpty();
    }

    @Test
    void only_the_owner_can_read_the_directory_and_its_keys() throws Exception {
        DataDir dir = new DataDir(temp.resolve("d")).create();
        dir.userTokenKey().readOrCreate(new SecureRandom());
        assertThat(permissions(dir.root())).isEqualTo("rwx------");
        assertThat(permissions(dir.root().resolve("keys"))).isEqualTo("rwx------");
        assertThat(permissions(dir.userTokenKey().path())).isEqualTo("rw-------");
    }

    @Test
    void a_directory_that_others_can_enter_is_made_private_with_all_of_muster_s_in_it_and_that_is_said()
            throws Exception {
        Path root = Files.createDirectory(temp.resolve("d"));
        for (String part : List.of("", "keys", "broker", "registry", "demo", "logs")) {
            Path directory = Files.createDirectories(root.resolve(part));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        List<String> said = new ArrayList<>();
        DataDir dir = new DataDir(root).create(said::add);
        dir.createParts();

        assertThat(said).containsExactly("made the directory " + root + " private: its permissions were rwxrwxrwx");
        for (String part : List.of("", "keys", "broker", "registry", "demo", "logs")) {
            assertThat(permissions(root.resolve(part))).isEqualTo("rwx------");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "keys", "lock"})
    void a_shared_directory_with_other_things_in_it_is_refused_and_left_as_it_is(String alsoThere) throws Exception {
        Path root = Files.createDirectory(temp.resolve("shared"));
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(root.resolve("somebody-elses"), "");
        Files.createDirectories(root.resolve(alsoThere));
        DataDir dir = new DataDir(root);

        assertThatThrownBy(dir::create)
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("rwxr-xr-x")
                .hasMessageContaining("chmod 700");
        assertThat(permissions(root)).isEqualTo("rwxr-xr-x");
    }

    @Test
    void what_a_start_writes_is_private_though_the_files_were_there_before() throws Exception {
        DataDir dir = new DataDir(temp.resolve("d")).create();
        Files.writeString(dir.root().resolve("lock"), "");
        Files.setPosixFilePermissions(dir.root().resolve("lock"), PosixFilePermissions.fromString("rw-rw-rw-"));
        dir.lock().close();
        new LocalAddress("u", "g", "k", 1).write(dir.addressFile());

        assertThat(permissions(dir.root().resolve("lock"))).isEqualTo("rw-------");
        assertThat(permissions(dir.addressFile())).isEqualTo("rw-------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-rw----", "rw----rw-"})
    void an_address_that_others_can_write_is_not_believed(String mode) throws Exception {
        DataDir dir = new DataDir(temp.resolve("d")).create();
        LocalAddress address =
                new LocalAddress("u", "g", "k", ProcessHandle.current().pid());
        address.write(dir.addressFile());
        assertThat(LocalAddress.read(dir.addressFile())).contains(address);

        Files.setPosixFilePermissions(dir.addressFile(), PosixFilePermissions.fromString(mode));
        assertThatThrownBy(() -> LocalAddress.read(dir.addressFile()))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("cannot be trusted");

        address.write(dir.addressFile());
        Files.setPosixFilePermissions(dir.root(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> LocalAddress.read(dir.addressFile()))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("cannot be trusted");
    }

    @Test
    void everyone_who_asks_at_once_gets_the_same_key() throws Exception {
        SecretFile key = new DataDir(temp.resolve("d")).create().userTokenKey();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            Callable<List<Byte>> ask = () -> bytes(key.readOrCreate(new SecureRandom()));
            List<Future<List<Byte>>> answers =
                    pool.invokeAll(Stream.generate(() -> ask).limit(8).toList());
            List<Byte> first = answers.get(0).get();
            assertThat(first).hasSize(32);
            for (Future<List<Byte>> answer : answers) {
                assertThat(answer.get()).isEqualTo(first);
            }
        } finally {
            pool.shutdownNow();
        }
        try (Stream<Path> files = Files.list(key.directory())) {
            assertThat(files).containsExactly(key.path());
        }
    }

    @Test
    void a_broken_key_file_is_said_and_not_replaced() throws Exception {
        SecretFile key = new DataDir(temp.resolve("d")).create().userTokenKey();
        Files.createDirectories(key.directory());
        Files.writeString(key.path(), "short\n");
        assertThatThrownBy(() -> key.readOrCreate(new SecureRandom()))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("delete it");
        assertThat(key.path()).hasContent("short");
    }

    @Test
    void an_address_is_read_back_only_while_its_process_lives() {
        Path file = temp.resolve("address.json");
        LocalAddress mine = new LocalAddress(
                "http://127.0.0.1:1",
                "127.0.0.1:2",
                "127.0.0.1:3",
                ProcessHandle.current().pid());
        assertThat(LocalAddress.read(file)).isEmpty();
        mine.write(file);
        assertThat(LocalAddress.read(file)).contains(mine);
        new LocalAddress("http://127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", Long.MAX_VALUE).write(file);
        assertThat(LocalAddress.read(file)).isEmpty();
    }

    private static String permissions(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static List<Byte> bytes(byte[] array) {
        Byte[] boxed = new Byte[array.length];
        for (int i = 0; i < array.length; i++) {
            boxed[i] = array[i];
        }
        return List.of(boxed);
    }
}
